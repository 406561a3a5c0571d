using FunctionsApi.Quotas.Policies;
using FunctionsApi.Tenants;
using Xunit;

namespace FunctionsApi.Tests.Tenants;

/// <summary>A directory of tenants on a store that can fail.</summary>
public abstract class DirectoryTests : IDisposable
{
    private protected readonly ObservedStore _store = new();
    private protected readonly ManualTime _time = new();
    private protected readonly LogLines<TenantDirectory> _log = new();
    private protected readonly PlanTable _plans;
    private protected readonly TenantTable _tenants;
    private protected readonly TenantDirectory _directory;

    private protected DirectoryTests()
    {
        _plans = new(_store);
        _tenants = new(_store);
        _directory = new(_plans, _tenants, _time, _log);
    }

    private protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _directory.Dispose();
    }

    private protected Task<bool> RefreshAsync() => _directory.RefreshAsync(Cancelled);

    private protected Task<ApiTerms?> FindAsync(string tenant, ApiKind api) => _directory.FindAsync(tenant, api, null, Cancelled).AsTask();

    private protected Task ApplyAsync(string json) => _plans.WriteAsync(json, Cancelled);

    private protected async Task SubscribeAsync(string tenant, ApiKind api, string plan) =>
        await _tenants.ChangeAsync(tenant, before => before.With(api, before[api] with { Plan = plan }), Cancelled);

    private protected static int[] Limits(ApiTerms? terms) => [.. terms!.Policies.Policies.Select(policy => policy.Limit)];
}

using FunctionsApi.Quotas.Policies;
using FunctionsApi.Tenants;
using Xunit;

namespace FunctionsApi.Tests.Tenants;

public sealed class TenantRefresherTests : IDisposable
{
    private readonly ObservedStore _store = new();
    private readonly ManualTime _time = new();
    private readonly TenantTable _tenants;
    private readonly TenantDirectory _directory;
    private readonly TenantRefresher _refresher;

    public TenantRefresherTests()
    {
        _tenants = new(_store);
        _directory = new(new(_store), _tenants, _time, new LogLines<TenantDirectory>());
        _refresher = new(_directory, _time);
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _refresher.Dispose();
        _directory.Dispose();
    }

    [Fact(Timeout = 30_000)]
    public async Task A_change_is_in_force_within_30_seconds_even_if_one_attempt_fails()
    {
        await SubscribeAsync("free");
        await _directory.RefreshAsync(Cancelled);
        await _refresher.StartAsync(Cancelled);

        await SubscribeAsync("pro");
        _store.Failure = new InvalidOperationException("Once.");
        _time.Advance(TimeSpan.FromSeconds(15));
        await UntilAsync(() => Task.FromResult(_directory.Problem is not null));
        _store.Failure = null;
        _time.Advance(TimeSpan.FromSeconds(14));

        await UntilAsync(async () => (await _directory.FindAsync("acme", ApiKind.Agents, null, Cancelled))!.Plan == "pro");
        await _refresher.StopAsync(Cancelled);
    }

    /// <summary>Lets the background work go on until something is so; the test's timeout ends it where that never comes.</summary>
    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        while (!await isSo())
        {
            Cancelled.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private async Task SubscribeAsync(string plan) =>
        await _tenants.ChangeAsync("acme", before => before.With(ApiKind.Agents, before.Agents with { Plan = plan }), Cancelled);
}

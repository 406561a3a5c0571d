using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Storage;
using FunctionsApi.Tenants;

namespace FunctionsApi.Health;

/// <summary>Whether this instance can do its work now. The store is asked at most once a second, however often it is probed.</summary>
internal sealed class Readiness(ITableStore store, TenantDirectory tenants, QuotaLimiter limiter, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private DateTimeOffset _askedAt = DateTimeOffset.MinValue;
    private Task<bool> _storage = Task.FromResult(false);

    public async Task<ReadinessReport> AskAsync() => new(await StorageAsync(), tenants.Problem is null, limiter.Outage is null);

    private Task<bool> StorageAsync()
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (_storage.IsCompleted && now - _askedAt >= Interval)
                (_storage, _askedAt) = (ReadAsync(), now);
            return _storage;
        }
    }

    private async Task<bool> ReadAsync()
    {
        using var patience = new CancellationTokenSource(Patience, time);
        try
        {
            await store.CheckAsync(patience.Token);
            return true;
        }
        catch (Exception exception) when (exception is TableStoreException or OperationCanceledException)
        {
            return false;
        }
    }
}

/// <param name="Storage">It answers.</param>
/// <param name="Plans">Plans and tenants are those of the store, and valid.</param>
/// <param name="Ledger">It answered when it was last asked.</param>
internal readonly record struct ReadinessReport(bool Storage, bool Plans, bool Ledger)
{
    public bool IsReady => Storage && Plans && Ledger;
}

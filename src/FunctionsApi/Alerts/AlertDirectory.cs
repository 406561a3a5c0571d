using System.Collections.Frozen;

namespace FunctionsApi.Alerts;

/// <summary>The alerts of all tenants that have any, from memory: as many as <see cref="AlertSettings.MaxRules"/> short rules each.</summary>
internal sealed class AlertDirectory(AlertTable table, TimeProvider time) : IDisposable
{
    /// <summary>What was changed elsewhere is in force here within so long.</summary>
    public static readonly TimeSpan RefreshEvery = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _refreshing = new(1);
    private volatile Snapshot _snapshot = Snapshot.Empty;
    private DateTimeOffset _refreshedAt = DateTimeOffset.MinValue;

    /// <summary>As they were read last: another object after each change, and the same one until then.</summary>
    public Snapshot Now => _snapshot;

    /// <summary>Reads what has changed, if that was not done within <see cref="RefreshEvery"/>.</summary>
    /// <exception cref="Storage.TableStoreException">The store cannot be read; all stays as it was.</exception>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (time.GetUtcNow() - _refreshedAt >= RefreshEvery)
            await RefreshNowAsync(cancellationToken);
    }

    /// <inheritdoc cref="RefreshAsync"/>
    public async Task RefreshNowAsync(CancellationToken cancellationToken)
    {
        await _refreshing.WaitAsync(cancellationToken);
        try
        {
            // The revision is read first: what changes after that is at worst read twice, and never missed.
            var revision = await table.RevisionAsync(cancellationToken);
            if (revision != _snapshot.Revision)
                _snapshot = new(revision, (await table.ListAsync(cancellationToken)).ToFrozenDictionary(settings => settings.Tenant));
            _refreshedAt = time.GetUtcNow();
        }
        finally
        {
            _refreshing.Release();
        }
    }

    public void Dispose() => _refreshing.Dispose();

    /// <param name="Revision">As <see cref="AlertTable.RevisionAsync"/>.</param>
    /// <param name="Tenants">By tenant.</param>
    internal sealed record Snapshot(string? Revision, FrozenDictionary<string, AlertSettings> Tenants)
    {
        public static Snapshot Empty { get; } = new(null, FrozenDictionary<string, AlertSettings>.Empty);

        /// <summary>The rules that are looked after: those of a tenant that has a webhook.</summary>
        public IEnumerable<AlertRule> RulesOf(string tenant) => Tenants.GetValueOrDefault(tenant) is { Webhook: not null, Rules: var rules } ? rules : [];
    }
}

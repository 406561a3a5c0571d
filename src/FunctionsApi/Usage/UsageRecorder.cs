// Usage is counted per tenant, key, API, endpoint and UTC hour. Each instance counts in memory and every few seconds
// writes the totals that it has reached in each hour to a row of its own. Instances never conflict, and the sum over the rows
// is the usage. A killed instance loses what it counted since its last flush, a stopped one nothing.
//
// Totals are written again and again, so that a write that is repeated adds nothing. One that arrives after a later one, because a
// network held it back, would take the row back to what it was: each is therefore written over the version before it, and no other.

using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;

namespace FunctionsApi.Usage;

/// <summary>Counts usage in memory and flushes it to the store.</summary>
/// <param name="table">Where to.</param>
/// <param name="now">The one time of all instances, so that they agree on which hour a request belongs to.</param>
internal sealed class UsageRecorder(UsageTable table, Func<DateTimeOffset> now) : IDisposable
{
    // A thread that was stopped between finding its hour and counting in it has this long to go on.
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(5);

    private const int MaxTenantsAtOnce = 16;
    private const int MaxAttempts = 3;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Dictionary<(UsageSeries, DateTimeOffset), OpenHour>> _tenants = [];
    private readonly DirtyHours _dirty = new();
    private readonly SemaphoreSlim _flushing = new(1);
    private DateTimeOffset _firstOpenHour = DateTimeOffset.MinValue;
    private bool _keepsOldHours;

    /// <summary>Tells this process's rows from those of others, and of itself before a restart.</summary>
    public string InstanceId { get; } = Guid.NewGuid().ToString("N")[..12];

    internal DateTimeOffset Now => now();

    /// <summary>A counter to keep with the caller for as long as it is useful.</summary>
    /// <param name="tenant">Whose usage it is.</param>
    /// <param name="key">The API key's id; null for a tenant's signed-in users.</param>
    /// <param name="api">Which API.</param>
    /// <param name="endpoint">The endpoint's short name.</param>
    public UsageCounter Counter(string tenant, string? key, ApiKind api, string endpoint) =>
        new(this, new(tenant, key ?? UsageSeries.Dashboard, api, endpoint));

    /// <summary>Writes everything counted so far. What could not be written is kept for the next flush.</summary>
    /// <exception cref="TableStoreException">The store could not be written, at least for one tenant.</exception>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        await _flushing.WaitAsync(cancellationToken);
        try
        {
            var failures = new ConcurrentQueue<Exception>();
            // Together, because a store commits together what comes together.
            await Parallel.ForEachAsync(
                _dirty.TakeAll().GroupBy(hour => hour.Series.Tenant).SelectMany(tenant => tenant.Chunk(UsageTable.MaxBatch)),
                new ParallelOptions { MaxDegreeOfParallelism = MaxTenantsAtOnce, CancellationToken = CancellationToken.None },
                async (hours, _) => await WriteOrKeepAsync(hours, failures, cancellationToken));
            ForgetOldHours();
            if (failures.TryPeek(out var failure))
                ExceptionDispatchInfo.Throw(failure);
        }
        finally
        {
            _flushing.Release();
        }
    }

    /// <summary>What this instance remembers of a tenant from one hour up to, and without, another, flushed or not.</summary>
    public IReadOnlyList<UsageRow> Remembered(string tenant, DateTimeOffset from, DateTimeOffset to)
    {
        lock (_gate)
            return _tenants.TryGetValue(tenant, out var hours)
                ? [.. hours.Values.Where(hour => hour.Start >= from && hour.Start < to).Select(RowOf)]
                : [];
    }

    /// <summary>What this instance has counted in the present hour: the series with the most requests, and those that a shadow policy would have refused.</summary>
    /// <param name="most">How many of either; looks at all there are, for once in a while.</param>
    public (DateTimeOffset Hour, IReadOnlyList<UsageRow> Busiest, IReadOnlyList<UsageRow> ShadowRefused) ThisHour(int most)
    {
        var start = HourOf(Now);
        OpenHour[] open;
        lock (_gate)
            open = [.. _tenants.Values.SelectMany(hours => hours.Values).Where(hour => hour.Start == start)];
        return (
            start,
            [.. open.OrderByDescending(hour => hour.Requests).Take(most).Select(RowOf)],
            [.. open.Where(hour => hour.HasShadowRefusals).OrderByDescending(hour => hour.Requests).Take(most).Select(RowOf)]);
    }

    public void Dispose() => _flushing.Dispose();

    internal void Mark(OpenHour hour) => _dirty.Mark(hour);

    internal OpenHour Open(UsageSeries series, DateTimeOffset now)
    {
        var start = HourOf(now);
        lock (_gate)
        {
            // An hour that was forgotten must not be opened again: its totals would start at zero and overwrite its row.
            if (start < _firstOpenHour)
                start = _firstOpenHour;
            if (!_tenants.TryGetValue(series.Tenant, out var hours))
                _tenants[series.Tenant] = hours = [];
            if (!hours.TryGetValue((series, start), out var hour))
                hours[(series, start)] = hour = new(series, start);
            return hour;
        }
    }

    // One tenant's failure keeps nobody else's usage from being written.
    private async Task WriteOrKeepAsync(OpenHour[] hours, ConcurrentQueue<Exception> failures, CancellationToken cancellationToken)
    {
        try
        {
            await WriteAsync(hours, cancellationToken);
        }
        catch (Exception failure)
        {
            Array.ForEach(hours, _dirty.Mark);
            failures.Enqueue(failure);
        }
    }

    private async Task WriteAsync(OpenHour[] hours, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (await table.TryWriteAsync(hours.Select(hour => (RowOf(hour), hour.ETag)), cancellationToken) is { } eTags)
            {
                foreach (var (hour, eTag) in hours.Zip(eTags))
                    hour.ETag = eTag;
                return;
            }

            // An earlier write, whose answer was lost, was done after all. Nobody else writes these rows.
            foreach (var hour in hours)
                hour.ETag = await table.ETagAsync(RowOf(hour), cancellationToken);
        }

        throw new TableStoreException("Rows of usage changed while they were written.") { MayPass = true };
    }

    private UsageRow RowOf(OpenHour hour) => new(hour.Series, hour.Start, InstanceId, hour.Totals());

    private void ForgetOldHours()
    {
        var firstOpenHour = HourOf(Now - Grace);
        lock (_gate)
        {
            if (firstOpenHour <= _firstOpenHour && !_keepsOldHours)
                return;
            (_firstOpenHour, _keepsOldHours) = (firstOpenHour, false);
            foreach (var (tenant, hours) in _tenants)
            {
                foreach (var (key, hour) in hours)
                    if (hour.Start >= firstOpenHour)
                        continue;
                    else if (hour.IsDirty)
                        _keepsOldHours = true;
                    else
                        hours.Remove(key);
                if (hours.Count == 0)
                    _tenants.Remove(tenant);
            }
        }
    }

    private static DateTimeOffset HourOf(DateTimeOffset time) =>
        new(time.UtcTicks - time.UtcTicks % TimeSpan.TicksPerHour, TimeSpan.Zero);
}

using System.Diagnostics.CodeAnalysis;

namespace FunctionsApi.Agents.Knowledge.Search;

/// <summary>
/// The indexes of this instance, one for each tenant that searched lately: together at most so many bytes, one that is larger by
/// itself alone. The one that was not used for longest goes first, and each after a while without use.
/// </summary>
internal sealed class SearchIndexes : IDisposable
{
    private static readonly TimeSpan DroppedAfter = TimeSpan.FromMinutes(10);

    // What the connection and its caches take at least.
    private const long LeastBytes = 256 * 1024;

    private readonly DocumentTable _documents;
    private readonly SearchWorkers _workers = new();
    private readonly TenantTurns _turns;
    private readonly long _maxBytes;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = [];

    /// <param name="documents">What is indexed.</param>
    /// <param name="turns">Bound what waits for one tenant.</param>
    /// <param name="maxBytes">Of all indexes together.</param>
    /// <param name="time">The clock.</param>
    public SearchIndexes(DocumentTable documents, TenantTurns turns, long maxBytes, TimeProvider time)
    {
        (_documents, _turns, _maxBytes, _time) = (documents, turns, maxBytes, time);
        _timer = time.CreateTimer(_ => Trim(), null, DroppedAfter, DroppedAfter / 10);
    }

    /// <summary>How many tenants have an index here.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    /// <summary>Reads a tenant's index, brought up to date.</summary>
    /// <exception cref="Api.ApiException">503: it is not whole yet, or too much waits already.</exception>
    public async Task<T> ReadAsync<T>(string tenant, Func<SearchIndex, T> read, CancellationToken cancellationToken)
    {
        var entry = Take(tenant);
        try
        {
            // Not within the turn: the update takes turns itself.
            await entry.Index.UpdateAsync(_stopping.Token, cancellationToken);
            using var turn = await _turns.TakeAsync(tenant, cancellationToken);
            return await entry.Index.ReadAsync(read, cancellationToken);
        }
        finally
        {
            Return(entry);
        }
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _timer.Dispose();
        // What they have begun, they finish.
        _workers.Dispose();
        lock (_lock)
            foreach (var (tenant, entry) in _entries.ToArray())
                Drop_NeedsLock(tenant, entry);
        _stopping.Dispose();
    }

    private Entry Take(string tenant)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(tenant, out var entry))
                _entries[tenant] = entry = new(new(tenant, _documents, _workers, _time));
            entry.Users++;
            return entry;
        }
    }

    private void Return(Entry entry)
    {
        lock (_lock)
        {
            entry.Users--;
            entry.LastUsed = _time.GetTimestamp();
        }

        Trim();
    }

    private void Trim()
    {
        lock (_lock)
        {
            foreach (var (tenant, entry) in _entries.Where(pair => pair.Value.IsIdle && _time.GetElapsedTime(pair.Value.LastUsed) >= DroppedAfter).ToArray())
                Drop_NeedsLock(tenant, entry);
            while (_entries.Count > 1 && _entries.Values.Sum(entry => LeastBytes + entry.Index.Bytes) > _maxBytes && LongestUnused_NeedsLock(out var tenant, out var entry))
                Drop_NeedsLock(tenant, entry);
        }
    }

    private bool LongestUnused_NeedsLock([NotNullWhen(true)] out string? tenant, [NotNullWhen(true)] out Entry? entry)
    {
        (tenant, entry) = _entries.Where(pair => pair.Value.IsIdle).MinBy(pair => pair.Value.LastUsed) is { Value: not null } found ? (found.Key, found.Value) : default;
        return entry is not null;
    }

    private void Drop_NeedsLock(string tenant, Entry entry)
    {
        _entries.Remove(tenant);
        entry.Index.Dispose();
    }

    private sealed class Entry(TenantIndex index)
    {
        public TenantIndex Index { get; } = index;

        public int Users { get; set; }

        public long LastUsed { get; set; }

        public bool IsIdle => Users == 0 && !Index.IsUpdating;
    }
}

using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace FunctionsApi.Caches;

/// <summary>
/// Remembers what can be found out again, in bounded memory. When it is full, those entries go first that nobody asked for
/// since it was full the last time.
/// </summary>
/// <remarks>
/// Every request asks three of these. <c>MemoryCache</c> takes three times as long for a look-up (docs/benchmarks.md),
/// because it reads the clock and dates the entry.
/// </remarks>
internal sealed class BoundedCache<TValue>
{
    // An entry, its node and place in the dictionary, and the key's header.
    private const int Overhead = 150;

    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Entry>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private readonly long _maxBytes;
    private readonly Func<TValue, long> _bytesOf;
    private long _bytes;
    private int _forgetting;

    /// <param name="maxBytes">What all entries together may take.</param>
    /// <param name="bytesOf">About what a value takes, without the key and this cache's own share; 0 or more.</param>
    public BoundedCache(long maxBytes, Func<TValue, long> bytesOf)
    {
        (_maxBytes, _bytesOf) = (maxBytes, bytesOf);
        _bySpan = _entries.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>About what the entries take now.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public IEnumerable<TValue> Values => _entries.Select(entry => entry.Value.Value);

    /// <summary>Allocates nothing.</summary>
    public bool TryGet(ReadOnlySpan<char> key, [MaybeNullWhen(false)] out TValue value)
    {
        if (_bySpan.TryGetValue(key, out var entry))
        {
            // Written only where it changes, or every processor would wait for every other's.
            if (!entry.IsUsed)
                entry.IsUsed = true;
            value = entry.Value;
            return true;
        }

        value = default;
        return false;
    }

    /// <returns>The value that is remembered already, or this one.</returns>
    public TValue GetOrAdd(string key, TValue value)
    {
        var added = EntryOf(key, value);
        var entry = _entries.GetOrAdd(key, added);
        if (ReferenceEquals(entry, added))
            Grow(added.Bytes);
        return entry.Value;
    }

    public void Set(string key, TValue value)
    {
        var added = EntryOf(key, value);
        Entry? replaced = null;
        _entries.AddOrUpdate(
            key,
            _ =>
            {
                replaced = null;
                return added;
            },
            (_, before) =>
            {
                replaced = before;
                return added;
            });
        Grow(added.Bytes - (replaced?.Bytes ?? 0));
    }

    public void Remove(string key)
    {
        if (_entries.TryRemove(key, out var entry))
            Interlocked.Add(ref _bytes, -entry.Bytes);
    }

    private Entry EntryOf(string key, TValue value) => new(value, Overhead + sizeof(char) * key.Length + _bytesOf(value));

    private void Grow(long bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) <= _maxBytes || Interlocked.Exchange(ref _forgetting, 1) != 0)
            return;
        // The second round takes those as well that were asked for since.
        for (var round = 0; round < 2 && Bytes > _maxBytes / 10 * 9; round++)
            ForgetUnused();
        Volatile.Write(ref _forgetting, 0);
    }

    private void ForgetUnused()
    {
        foreach (var (key, entry) in _entries)
        {
            if (Bytes <= _maxBytes / 10 * 9)
                return;
            if (entry.IsUsed)
                entry.IsUsed = false;
            else
                Remove(key);
        }
    }

    private sealed class Entry(TValue value, long bytes)
    {
        public TValue Value { get; } = value;

        public long Bytes { get; } = bytes;

        public bool IsUsed { get; set; }
    }
}

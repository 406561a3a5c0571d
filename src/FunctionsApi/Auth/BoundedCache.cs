using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace FunctionsApi.Auth;

/// <summary>
/// Remembers values by text that strangers choose, in bounded memory. When it is full a tenth is forgotten, whichever
/// comes first: everything in here can be found out again, and strict order would cost every hit a lock.
/// </summary>
/// <param name="capacity">10 or more.</param>
internal sealed class BoundedCache<TValue>(int capacity)
{
    private readonly ConcurrentDictionary<string, TValue> _values = new(StringComparer.Ordinal);
    private int _count;

    public bool TryGet(string key, [MaybeNullWhen(false)] out TValue value) => _values.TryGetValue(key, out value);

    /// <returns>The value that is remembered already, or the new one.</returns>
    public TValue GetOrAdd(string key, Func<string, TValue> create)
    {
        if (_values.TryGetValue(key, out var value))
            return value;
        Set(key, create(key));
        return _values.GetValueOrDefault(key) ?? create(key);
    }

    public void Set(string key, TValue value)
    {
        if (_values.TryAdd(key, value))
            ForgetSome(Interlocked.Increment(ref _count));
        else
            _values[key] = value;
    }

    public void Remove(string key)
    {
        if (_values.TryRemove(key, out _))
            Interlocked.Decrement(ref _count);
    }

    private void ForgetSome(int count)
    {
        if (count <= capacity)
            return;
        foreach (var entry in _values.Take(capacity / 10))
            Remove(entry.Key);
    }
}

using System.Collections.Concurrent;

namespace FunctionsApi.Ledgers;

/// <summary>
/// Tells who waits for an entity that it has run in this very process. What it did is committed only after that, by the host: it
/// is worth a look soon, and no answer yet.
/// </summary>
internal sealed class EntityRuns
{
    // What waits goes on in the entity's call, and only as far as to a pause.
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _awaited = new();

    /// <summary>Ends when the entity runs here the next time.</summary>
    public Task NextAsync(string partition) =>
        _awaited.GetOrAdd(partition, static _ => new()).Task;

    /// <summary>An entity has run.</summary>
    public void Ran(string partition)
    {
        if (_awaited.TryRemove(partition, out var awaited))
            awaited.TrySetResult();
    }

    /// <summary>Nobody waits any more.</summary>
    public void Forget(string partition) => _awaited.TryRemove(partition, out _);
}

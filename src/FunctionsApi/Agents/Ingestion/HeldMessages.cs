using System.Collections.Concurrent;
using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>
/// The messages that this process has taken from the queue itself. Those that the Functions host has taken are not among them: it keeps them.
/// </summary>
internal sealed class HeldMessages(CrawlQueue queue, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, HeldMessage> _held = new();

    public HeldMessage Hold(QueueMessage message, TimeSpan hideFor) => _held[message.Id] = new(queue, message, hideFor, time);

    /// <summary>As <see cref="HeldMessage.StayAsync"/>, of the message of this id.</summary>
    /// <returns>True also where it is not held here.</returns>
    public Task<bool> StayAsync(string id, CancellationToken cancellationToken) =>
        _held.TryGetValue(id, out var message) ? message.StayAsync(cancellationToken) : Task.FromResult(true);

    // The same message may have come again meanwhile.
    public void Release(HeldMessage message) => _held.TryRemove(new(message.Message.Id, message));
}

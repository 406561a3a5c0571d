using System.Collections.Concurrent;
using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>
/// The messages that this process has taken from the queue itself. Those that the Functions host has taken are not among them: it keeps them.
/// </summary>
internal sealed class HeldMessages(CrawlQueue queue, TimeProvider time)
{
    // The same message may come again before it was released: the one that came last is in force, and the queue says so.
    private readonly ConcurrentDictionary<(string Id, int DequeueCount), HeldMessage> _held = new();

    public HeldMessage Hold(QueueMessage message, TimeSpan hideFor) => _held[(message.Id, message.DequeueCount)] = new(queue, message, hideFor, time);

    /// <summary>As <see cref="HeldMessage.StayAsync"/>, of the delivery of a message: its id, and how often it had come with that.</summary>
    /// <returns>True also where it is not held here.</returns>
    public Task<bool> StayAsync(string id, int dequeueCount, CancellationToken cancellationToken) =>
        _held.TryGetValue((id, dequeueCount), out var message) ? message.StayAsync(cancellationToken) : Task.FromResult(true);

    public void Release(HeldMessage message) => _held.TryRemove((message.Message.Id, message.Message.DequeueCount), out _);
}

using System.Collections.Concurrent;
using System.Threading.Channels;
using FunctionsApi.Storage;

namespace FunctionsApi.Tests.Agents;

/// <summary>A queue that outlives its processes. It tells when it has changed, and can end the time for which messages are hidden.</summary>
/// <param name="inner">The queue.</param>
/// <param name="prefix">Of the names of queues: several tests may share a service.</param>
internal sealed class WatchedQueue(IQueueStore inner, string prefix = "") : IQueueStore
{
    private readonly Channel<bool> _changes = Channel.CreateUnbounded<bool>();
    private readonly ConcurrentDictionary<string, (string Queue, QueueMessage Message)> _hidden = new();
    private int _returned;
    private int _shown;

    /// <summary>How many times a message was given back.</summary>
    public int Returned => _returned;

    /// <summary>Waits for the next change that nobody has waited for yet.</summary>
    public ValueTask<bool> NextChangeAsync(CancellationToken cancellationToken) => _changes.Reader.ReadAsync(cancellationToken);

    /// <summary>Lets every message that is hidden come at once, as if the time for that had passed.</summary>
    public async Task ShowAsync(CancellationToken cancellationToken)
    {
        foreach (var (queue, message) in _hidden.Values)
            if (await inner.HideAsync(queue, message, TimeSpan.Zero, cancellationToken) is not null)
                Interlocked.Increment(ref _shown);
        _hidden.Clear();
    }

    public async Task SendAsync(string queue, string text, CancellationToken cancellationToken)
    {
        await inner.SendAsync(prefix + queue, text, cancellationToken);
        _changes.Writer.TryWrite(true);
    }

    public async Task<QueueMessage?> ReceiveAsync(string queue, TimeSpan hideFor, CancellationToken cancellationToken)
    {
        // Not broken off: a service could receive for somebody who is gone, and hide the message for a real minute.
        var message = await inner.ReceiveAsync(prefix + queue, hideFor, CancellationToken.None);
        // A service may need a moment until it has what was shown to it.
        while (message is null && _shown > 0 && !cancellationToken.IsCancellationRequested)
            message = await inner.ReceiveAsync(prefix + queue, hideFor, CancellationToken.None);
        if (message is not null && _shown > 0)
            Interlocked.Decrement(ref _shown);
        return Hidden(queue, message);
    }

    public async Task<QueueMessage?> HideAsync(string queue, QueueMessage message, TimeSpan hideFor, CancellationToken cancellationToken)
    {
        var hidden = Hidden(queue, await inner.HideAsync(prefix + queue, message, hideFor, cancellationToken));
        Interlocked.Increment(ref _returned);
        _changes.Writer.TryWrite(true);
        return hidden;
    }

    public async Task<bool> DeleteAsync(string queue, QueueMessage message, CancellationToken cancellationToken)
    {
        var deleted = await inner.DeleteAsync(prefix + queue, message, cancellationToken);
        _hidden.TryRemove(message.Id, out _);
        _changes.Writer.TryWrite(true);
        return deleted;
    }

    public Task<int> CountAsync(string queue, CancellationToken cancellationToken) => inner.CountAsync(prefix + queue, cancellationToken);

    private QueueMessage? Hidden(string queue, QueueMessage? message)
    {
        if (message is not null)
            _hidden[message.Id] = (prefix + queue, message);
        return message;
    }
}

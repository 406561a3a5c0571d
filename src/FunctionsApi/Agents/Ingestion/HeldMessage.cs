using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>A message that is worked on, kept hidden from others meanwhile.</summary>
internal sealed class HeldMessage(CrawlQueue queue, QueueMessage message, TimeSpan hideFor, TimeProvider time)
{
    private DateTimeOffset _hiddenAt = time.GetUtcNow();

    /// <summary>With the receipt that is good now.</summary>
    public QueueMessage Message { get; private set; } = message;

    /// <summary>Hides it for another while, once a third of the last is over.</summary>
    /// <returns>False where another worker has it by now.</returns>
    public async Task<bool> StayAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (now - _hiddenAt < hideFor / 3)
            return true;
        if (await queue.HideAsync(Message, hideFor, cancellationToken) is not { } renewed)
            return false;
        (Message, _hiddenAt) = (renewed, now);
        return true;
    }
}

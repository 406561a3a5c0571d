namespace FunctionsApi.Storage;

/// <summary>
/// Queues of messages, each of which is handed to one receiver at a time until one says that it is done: the part of Azure
/// Queue Storage that this project needs, and what the other stores imitate. All operations are durable when they return.
/// </summary>
/// <remarks>
/// A message comes at least once. A receiver hides it for a while; if it is not deleted in that time, it comes
/// again. It may also come twice because it was sent twice, where only the answer to its sender was lost. Order is roughly
/// that of sending. Queue names are 3 to 63 small letters, digits and single dashes between them; a queue comes to be when
/// it is first sent to. A message is well-formed text of up to 48 KiB of UTF-8. Times to hide are whole seconds, at most 7 days.
/// Every method throws <see cref="ArgumentException"/> for what no store can do, and <see cref="TableStoreException"/>
/// where the store cannot be read or written.
/// </remarks>
public interface IQueueStore
{
    Task SendAsync(string queue, string text, CancellationToken cancellationToken);

    /// <summary>Takes the next message that is not hidden, and hides it.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="hideFor">At least 1 s.</param>
    /// <param name="cancellationToken">Gives up waiting; a message that was taken comes again.</param>
    /// <returns>Null where there is none.</returns>
    Task<QueueMessage?> ReceiveAsync(string queue, TimeSpan hideFor, CancellationToken cancellationToken);

    /// <summary>Hides a message for another while, counted from now; zero hands it to the next who asks.</summary>
    /// <returns>The message with its new receipt; null where somebody else has it by now, or it is gone.</returns>
    Task<QueueMessage?> HideAsync(string queue, QueueMessage message, TimeSpan hideFor, CancellationToken cancellationToken);

    /// <summary>Says that a message is done.</summary>
    /// <returns>False where somebody else has it by now, or it is gone.</returns>
    Task<bool> DeleteAsync(string queue, QueueMessage message, CancellationToken cancellationToken);

    /// <summary>How many messages there are, hidden ones included; roughly, where the store is remote.</summary>
    Task<int> CountAsync(string queue, CancellationToken cancellationToken);
}

/// <summary>A message as it was received.</summary>
/// <param name="Id">The same whenever it comes.</param>
/// <param name="Text">What was sent.</param>
/// <param name="DequeueCount">How often it has come, this time included.</param>
/// <param name="Receipt">Proves that the one who shows it has received it last: opaque.</param>
public sealed record QueueMessage(string Id, string Text, int DequeueCount, string Receipt);

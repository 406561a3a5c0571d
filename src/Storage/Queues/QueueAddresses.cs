namespace FunctionsApi.Storage.Queues;

/// <summary>Where queues and messages are.</summary>
/// <param name="endpoint">The account's queues, without a slash at the end.</param>
/// <param name="signature">A shared access signature, part of every address; null where requests are signed otherwise.</param>
internal sealed class QueueAddresses(string endpoint, string? signature)
{
    public Uri Queue(string queue) => Address(queue);

    public Uri Properties(string queue) => Address(queue, "comp=metadata");

    // -1 keeps a message until it is deleted; it would be gone after 7 days otherwise.
    public Uri Send(string queue) => Address($"{queue}/messages", "messagettl=-1");

    public Uri Receive(string queue, TimeSpan hideFor) => Address($"{queue}/messages", Hidden(hideFor));

    public Uri Hide(string queue, QueueMessage message, TimeSpan hideFor) => Address(PathOf(queue, message), Receipt(message), Hidden(hideFor));

    public Uri Delete(string queue, QueueMessage message) => Address(PathOf(queue, message), Receipt(message));

    private Uri Address(string path, params IEnumerable<string> query) =>
        new($"{endpoint}/{path}?{string.Join('&', signature is null ? query : query.Append(signature))}".TrimEnd('?'));

    private static string PathOf(string queue, QueueMessage message) => $"{queue}/messages/{Uri.EscapeDataString(message.Id)}";

    private static string Receipt(QueueMessage message) => $"popreceipt={Uri.EscapeDataString(message.Receipt)}";

    private static string Hidden(TimeSpan hideFor) => $"visibilitytimeout={(long)hideFor.TotalSeconds}";
}

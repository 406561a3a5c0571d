// A queue without a service for it: a message is a row, and its ETag is the receipt. A receiver writes into it
// until when it is hidden, on the condition that it is as it was read, so that of two receivers one gets it. A receiver that is killed
// leaves a row that comes into sight again by itself.

using System.Text;

namespace FunctionsApi.Storage;

/// <summary>Queues in a table: partition = queue, row = message, in the order of sending.</summary>
public sealed class TableQueue(ITableStore store, TimeProvider time) : IQueueStore
{
    private const string Table = "QueueMessages";

    public Task SendAsync(string queue, string text, CancellationToken cancellationToken)
    {
        var bytes = QueueArguments.Check(queue, text);
        var now = time.GetUtcNow();
        var message = new TablePut(new(queue, $"{Guid.CreateVersion7(now):N}"), Values(bytes, now, dequeueCount: 0), PutCondition.IfAbsent);
        return store.PutAsync(Table, message, cancellationToken);
    }

    public async Task<QueueMessage?> ReceiveAsync(string queue, TimeSpan hideFor, CancellationToken cancellationToken)
    {
        QueueArguments.Check(queue, hideFor, shortest: TimeSpan.FromSeconds(1));
        await foreach (var row in store.QueryAsync(Table, new() { Partition = queue }, cancellationToken))
            if (HiddenUntil(row) <= time.GetUtcNow() && await HideAsync(queue, Next(row), hideFor, cancellationToken) is { } message)
                return message;
        return null;
    }

    public async Task<QueueMessage?> HideAsync(string queue, QueueMessage message, TimeSpan hideFor, CancellationToken cancellationToken)
    {
        QueueArguments.Check(queue, hideFor, shortest: TimeSpan.Zero);
        var values = Values(Encoding.UTF8.GetBytes(message.Text), time.GetUtcNow() + hideFor, message.DequeueCount);
        var put = new TablePut(new(queue, message.Id), values, PutCondition.IfMatch(message.Receipt));
        return await store.PutAsync(Table, put, cancellationToken) is { } receipt ? message with { Receipt = receipt } : null;
    }

    public async Task<bool> DeleteAsync(string queue, QueueMessage message, CancellationToken cancellationToken)
    {
        QueueArguments.Check(queue);
        // To delete what is gone is a success to the table store.
        var key = new TableKey(queue, message.Id);
        return await store.GetAsync(Table, key, cancellationToken) is not null
            && await store.DeleteAsync(Table, key, message.Receipt, cancellationToken);
    }

    public async Task<int> CountAsync(string queue, CancellationToken cancellationToken)
    {
        QueueArguments.Check(queue);
        return await store.QueryAsync(Table, new() { Partition = queue }, cancellationToken).CountAsync(cancellationToken);
    }

    private static QueueMessage Next(TableRow row) => new(
        row.Key.Row, Encoding.UTF8.GetString((byte[])row.Values["text"]), (int)(long)row.Values["dequeueCount"] + 1, row.ETag);

    private static Dictionary<string, object> Values(byte[] text, DateTimeOffset hiddenUntil, int dequeueCount) => new()
    {
        ["text"] = text,
        ["hiddenUntil"] = hiddenUntil,
        ["dequeueCount"] = (long)dequeueCount,
    };

    private static DateTimeOffset HiddenUntil(TableRow row) => (DateTimeOffset)row.Values["hiddenUntil"];
}

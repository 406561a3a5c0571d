// A message is a row in the table AlertMessages (partition = tenant), put there only if there is none with its key: whichever instance
// notices something first tells it, and no other. Until it is delivered or given up there is a row in AlertsOpen as well, by which it is
// found. That one is written first and removed last, so that no open message is missing there; it may lead to a message
// that is closed, or was never written, and then it is removed.
//
// An instance claims a message before it sends it: it moves the time at which the message is due ahead, on the version of the row that it
// has read. If it dies, the message is due again when the claim is over. So a message is sent at least once, and twice only where an
// instance died between sending it and noting that.

using System.Runtime.CompilerServices;
using System.Threading.Channels;
using FunctionsApi.Storage;

namespace FunctionsApi.Alerts.Webhooks;

/// <summary>Keeps messages until they are delivered, and for a while after it.</summary>
internal sealed class Outbox(ITableStore store, TimeProvider time)
{
    public const string Messages = "AlertMessages", Open = "AlertsOpen";

    /// <summary>How long messages are kept, counted from the end of the stretch that they are about.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromDays(30);

    private const string OpenPartition = "open";

    private readonly Channel<bool> _added =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Says that this process has added something, once for what was added since it last said so.</summary>
    public ChannelReader<bool> Added => _added.Reader;

    /// <summary>The messages of all tenants that are past their retention.</summary>
    public static TableQuery Expired(DateTimeOffset now) => new() { ToRow = AlertMessage.TimeText(now - Retention) };

    /// <summary>Stores a message for good.</summary>
    /// <returns>False where there is one with its key.</returns>
    public async Task<bool> AddAsync(AlertMessage message, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var open = new OpenMessage(message.Tenant, message.Key, now, now, Attempts: 0, ETag: "");
        var put = new TablePut(KeyOf(open), Values(open), PutCondition.IfAbsent);
        await store.PutAsync(Open, put, cancellationToken);
        if (await store.PutAsync(Messages, new(new(message.Tenant, message.Key), MessageRow.Values(message), PutCondition.IfAbsent), cancellationToken) is null)
            return false;
        // One that was there already led nowhere, and may have been removed meanwhile.
        await store.PutAsync(Open, put, cancellationToken);
        _added.Writer.TryWrite(true);
        return true;
    }

    /// <returns>Null where there is none.</returns>
    public async Task<AlertMessage?> FindAsync(string tenant, string key, CancellationToken cancellationToken) =>
        await store.GetAsync(Messages, new(tenant, key), cancellationToken) is { } row ? MessageRow.Read(row) : null;

    /// <summary>A tenant's messages about stretches that ended after a time.</summary>
    public async Task<IReadOnlyList<AlertMessage>> ListAsync(string tenant, DateTimeOffset since, CancellationToken cancellationToken)
    {
        List<AlertMessage> messages = [];
        await foreach (var row in store.QueryAsync(Messages, new() { Partition = tenant, FromRow = AlertMessage.TimeText(since) }, cancellationToken))
            messages.Add(MessageRow.Read(row));
        return messages;
    }

    /// <summary>Those that are to be sent by now.</summary>
    public async IAsyncEnumerable<OpenMessage> DueAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in store.QueryAsync(Open, new() { Partition = OpenPartition }, cancellationToken))
            if (From(row) is var open && open.DueAt <= time.GetUtcNow())
                yield return open;
    }

    /// <summary>Takes a message for this process, to be sent once.</summary>
    /// <returns>Null where another instance has it by now.</returns>
    public Task<OpenMessage?> TryClaimAsync(OpenMessage open, TimeSpan length, CancellationToken cancellationToken) =>
        PutAsync(open with { DueAt = time.GetUtcNow() + length, Attempts = open.Attempts + 1 }, cancellationToken);

    /// <summary>Notes that an attempt failed, and when the next one is due.</summary>
    public async Task PutOffAsync(OpenMessage claimed, AlertMessage message, DateTimeOffset until, CancellationToken cancellationToken)
    {
        await PutAsync(message, cancellationToken);
        await PutAsync(claimed with { DueAt = until }, cancellationToken);
    }

    /// <summary>Stores what became of a message, and takes it out of those that are open.</summary>
    public async Task CloseAsync(OpenMessage claimed, AlertMessage closed, CancellationToken cancellationToken)
    {
        await PutAsync(closed, cancellationToken);
        await ForgetAsync(claimed, cancellationToken);
    }

    /// <summary>Takes out of those that are open what leads nowhere.</summary>
    public Task ForgetAsync(OpenMessage claimed, CancellationToken cancellationToken) =>
        store.DeleteAsync(Open, KeyOf(claimed), null, cancellationToken);

    /// <summary>Deletes all of a tenant's. What is open leads nowhere then, and is forgotten when it is due.</summary>
    public async Task DeleteAsync(string tenant, CancellationToken cancellationToken)
    {
        await foreach (var row in store.QueryAsync(Messages, new() { Partition = tenant }, cancellationToken))
            await store.DeleteAsync(Messages, row.Key, null, cancellationToken);
    }

    private async Task PutAsync(AlertMessage message, CancellationToken cancellationToken) => await store.PutAsync(
        Messages, new(new(message.Tenant, message.Key), MessageRow.Values(message), PutCondition.None), cancellationToken);

    private async Task<OpenMessage?> PutAsync(OpenMessage open, CancellationToken cancellationToken) =>
        await store.PutAsync(Open, new(KeyOf(open), Values(open), PutCondition.IfMatch(open.ETag)), cancellationToken) is { } eTag
            ? open with { ETag = eTag }
            : null;

    private static TableKey KeyOf(OpenMessage open) => new(OpenPartition, $"{open.Tenant}|{open.Key}");

    private static Dictionary<string, object> Values(OpenMessage open) => new()
    {
        ["tenant"] = open.Tenant,
        ["key"] = open.Key,
        ["createdAt"] = open.CreatedAt,
        ["dueAt"] = open.DueAt,
        ["attempts"] = (long)open.Attempts,
    };

    private static OpenMessage From(TableRow row) => new(
        (string)row.Values["tenant"],
        (string)row.Values["key"],
        (DateTimeOffset)row.Values["createdAt"],
        (DateTimeOffset)row.Values["dueAt"],
        (int)(long)row.Values["attempts"],
        row.ETag);
}

/// <summary>Where a message is that is to be sent, and when.</summary>
/// <param name="Tenant">The message's.</param>
/// <param name="Key">The message's.</param>
/// <param name="CreatedAt">When it was added.</param>
/// <param name="DueAt">When it is to be sent next.</param>
/// <param name="Attempts">How often it was claimed.</param>
/// <param name="ETag">The version that was read.</param>
internal sealed record OpenMessage(string Tenant, string Key, DateTimeOffset CreatedAt, DateTimeOffset DueAt, int Attempts, string ETag);

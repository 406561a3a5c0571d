// A task hub on Azure Storage has tables. Instances has a row for each entity, with what was committed last; History has the
// entity's last batch, and in it a row "sentinel", whose ETag guards every commit. So an operator sees entities by the storage sign-in,
// where no host runs, and the sweep removes them without harm: a commit that comes first changes the sentinel, and the entity is
// left alone; one that comes after the sentinel is gone fails and is repeated by the host, on what is then there.
// A third, Partitions, has a row for each control queue: who works on it, and until when unless he says so again.
//
// The host's own way, CleanEntityStorage, removes without asking whether somebody has come back meanwhile.

using System.Text.Json;
using FunctionsApi.Storage;

namespace FunctionsApi.Ledgers;

/// <summary>The tables of the Functions host's task hub, without the host.</summary>
/// <param name="store">The account that the host's own storage is in.</param>
/// <param name="hub">The hub's name.</param>
internal sealed class HubTables(ITableStore store, string hub)
{
    private const string Sentinel = "sentinel";

    private readonly string _instances = $"{hub}Instances";
    private readonly string _history = $"{hub}History";
    private readonly string _partitions = $"{hub}Partitions";

    public string Name => hub;

    /// <summary>How many control queues the hub has, 0 where it is not there, and how many somebody works on.</summary>
    /// <exception cref="TableStoreException">The account does not answer, or it is not allowed.</exception>
    public async Task<(int Queues, int Attended)> AttendanceAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (queues, attended) = (0, 0);
        await foreach (var row in store.QueryAsync(_partitions, new(), cancellationToken))
        {
            queues++;
            if (row.Values.GetValueOrDefault("CurrentOwner") is string { Length: > 0 } && row.Values.GetValueOrDefault("ExpiresAt") is DateTimeOffset until && until > now)
                attended++;
        }
        return (queues, attended);
    }

    /// <summary>The entity as it is committed; null where there is none.</summary>
    /// <exception cref="TableStoreException">The account does not answer, or it is not allowed.</exception>
    public async Task<HubEntity?> ReadAsync(string partition, CancellationToken cancellationToken) =>
        await store.GetAsync(_instances, new(EntityKey.InstanceOf(partition), ""), cancellationToken) is { } row ? HubEntity.From(row) : null;

    /// <summary>All of them.</summary>
    /// <exception cref="TableStoreException">The account does not answer, or it is not allowed.</exception>
    public async IAsyncEnumerable<HubEntity> QueryAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in store.QueryAsync(_instances, new(), cancellationToken))
            if (HubEntity.From(row) is { } entity)
                yield return entity;
    }

    /// <summary>Removes an entity, unless anything has been committed since it was read.</summary>
    /// <returns>False where it was left alone.</returns>
    /// <exception cref="TableStoreException">The account does not answer, or it is not allowed.</exception>
    public async Task<bool> TryRemoveAsync(HubEntity entity, CancellationToken cancellationToken)
    {
        var instance = EntityKey.InstanceOf(entity.Partition);
        var history = new List<TableRow>();
        await foreach (var row in store.QueryAsync(_history, new() { Partition = instance }, cancellationToken))
            history.Add(row);
        // What was read of the entity is older than its history, or of the same batch.
        if (await ReadAsync(entity.Partition, cancellationToken) is not { } still || still.ETag != entity.ETag)
            return false;
        if (history.Find(row => row.Key.Row == Sentinel) is { } sentinel && !await store.DeleteAsync(_history, sentinel.Key, sentinel.ETag, cancellationToken))
            return false;
        foreach (var row in history.Where(row => row.Key.Row != Sentinel))
            await store.DeleteAsync(_history, row.Key, row.ETag, cancellationToken);
        return await store.DeleteAsync(_instances, new(instance, ""), entity.ETag, cancellationToken);
    }
}

/// <summary>A quota entity in its hub.</summary>
/// <param name="Partition">Whose.</param>
/// <param name="Text">See <see cref="EntityText"/>; empty where it holds something else, null where it holds nothing yet.</param>
/// <param name="ETag">Of its row.</param>
internal sealed record HubEntity(string Partition, string? Text, string ETag)
{
    /// <returns>Null where it is no quota entity's row.</returns>
    public static HubEntity? From(TableRow row) =>
        EntityKey.PartitionOfInstance(row.Key.Partition) is { } partition ? new(partition, TextOf(row), row.ETag) : null;

    // The engine's own record of the entity: {"exists":true,"state":"\"q1.…\"",…}.
    private static string? TextOf(TableRow row)
    {
        if (row.Values.GetValueOrDefault("Input") is not string input)
            return null;
        try
        {
            using var scheduler = JsonDocument.Parse(input);
            return scheduler.RootElement.TryGetProperty("state", out var state) && state.GetString() is { } json ? EntityText.FromJson(json) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return "";
        }
    }
}

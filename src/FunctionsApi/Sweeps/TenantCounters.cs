using FunctionsApi.Auth;
using FunctionsApi.Ledgers;
using FunctionsApi.Storage;

namespace FunctionsApi.Sweeps;

/// <summary>
/// A tenant's counters: those of the tenant, of its users and of its keys. Users of tokens are listed nowhere, so all partitions are looked
/// through, in rows and, where there is a task hub, in its entities too.
/// </summary>
/// <param name="store">Where rows are.</param>
/// <param name="entities">Null where no Functions host runs.</param>
/// <param name="keys">Which keys a tenant has.</param>
internal sealed class TenantCounters(ITableStore store, HubTables? entities, KeyTable keys)
{
    public async Task<long> CountAsync(string tenant, CancellationToken cancellationToken)
    {
        var isIts = await PartitionsOfAsync(tenant, cancellationToken);
        var count = await RowsAsync(isIts, cancellationToken).LongCountAsync(cancellationToken);
        return entities is null ? count : count + await EntitiesAsync(entities, isIts, cancellationToken).LongCountAsync(cancellationToken);
    }

    /// <returns>How many there were.</returns>
    public async Task<long> DeleteAsync(string tenant, CancellationToken cancellationToken)
    {
        var isIts = await PartitionsOfAsync(tenant, cancellationToken);
        var (removal, count) = (new CounterRemoval(store, entities), 0L);
        await foreach (var row in RowsAsync(isIts, cancellationToken))
        {
            await removal.RemoveAsync(row.Key.Partition, cancellationToken);
            count++;
        }

        if (entities is null)
            return count;
        await foreach (var entity in EntitiesAsync(entities, isIts, cancellationToken))
        {
            await removal.RemoveAsync(entity.Partition, cancellationToken);
            count++;
        }

        return count;
    }

    private async Task<Func<string, bool>> PartitionsOfAsync(string tenant, CancellationToken cancellationToken)
    {
        var ofKeys = (await keys.ListAsync(tenant, cancellationToken)).Select(key => $"key:{key.Id}").ToHashSet(StringComparer.Ordinal);
        var (ofTenant, ofUsers) = ($"tenant:{tenant}", $"user:{tenant}/");
        return partition => partition == ofTenant || partition.StartsWith(ofUsers, StringComparison.Ordinal) || ofKeys.Contains(partition);
    }

    private IAsyncEnumerable<TableRow> RowsAsync(Func<string, bool> isIts, CancellationToken cancellationToken) =>
        store.QueryAsync(TableLedger.Table, new(), cancellationToken).Where(row => isIts(row.Key.Partition));

    private static IAsyncEnumerable<HubEntity> EntitiesAsync(HubTables entities, Func<string, bool> isIts, CancellationToken cancellationToken) =>
        entities.QueryAsync(cancellationToken).Where(entity => isIts(entity.Partition));
}

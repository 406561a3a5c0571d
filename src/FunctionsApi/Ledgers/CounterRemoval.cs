using FunctionsApi.Storage;

namespace FunctionsApi.Ledgers;

/// <summary>
/// Removes the counters of a tenant that is deleted, wherever they are: rows of the table ledger, and entities of the task hub where
/// there is one. A partition that is used again starts anew, so its credentials are to be gone first.
/// </summary>
/// <param name="store">Where rows are, and on Azure Storage the task hub's tables too.</param>
/// <param name="hub">The task hub; null where the ledger is on rows.</param>
internal sealed class CounterRemoval(ITableStore store, HubTables? hub)
{
    private const int MostTries = 10;

    /// <summary>Removes all that is counted for one partition, for example <c>user:acme/alice</c>.</summary>
    /// <exception cref="TableStoreException">The store does not answer, or it is not allowed.</exception>
    public async Task RemoveAsync(string partition, CancellationToken cancellationToken)
    {
        await store.DeleteAsync(TableLedger.Table, new(partition, ""), ifMatch: null, cancellationToken);
        // One that somebody uses meanwhile is left alone, and tried again; who is asked to remove it again later finds it.
        for (var tries = 0; tries < MostTries && hub is not null && await hub.ReadAsync(partition, cancellationToken) is { } entity; tries++)
            await hub.TryRemoveAsync(entity, cancellationToken);
    }
}

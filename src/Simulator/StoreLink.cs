using FunctionsApi.Storage;

namespace FunctionsApi.Simulator;

/// <summary>One instance's way to the table store that all share.</summary>
/// <param name="store">The store; its own time does not count.</param>
/// <param name="courier">Takes requests there and answers back.</param>
internal sealed class StoreLink(ITableStore store, Courier courier) : ITableStore
{
    public Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken) =>
        SendAsync(StorageAction.Get, key, () => store.GetAsync(table, key, CancellationToken.None), cancellationToken);

    public Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken) =>
        SendAsync(StorageAction.Put, put.Key, () => store.PutAsync(table, put, CancellationToken.None), cancellationToken);

    public Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken) =>
        SendAsync(StorageAction.Delete, key, () => store.DeleteAsync(table, key, ifMatch, CancellationToken.None), cancellationToken);

    public Task<IReadOnlyList<string>?> BatchAsync(string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken) =>
        SendAsync(StorageAction.Put, puts[0].Key, () => store.BatchAsync(table, puts, CancellationToken.None), cancellationToken);

    public IAsyncEnumerable<TableRow> QueryAsync(string table, TableQuery query, CancellationToken cancellationToken) =>
        throw new NotSupportedException("The ledger reads and writes rows by their keys.");

    // A store that works on threads of its own takes no simulated time.
    private Task<T> SendAsync<T>(StorageAction action, TableKey key, Func<Task<T>> perform, CancellationToken cancellationToken) =>
        courier.SendAsync(action, key.Partition, () => perform().GetAwaiter().GetResult(), refusal => new TableStoreException(refusal), cancellationToken);
}

using FunctionsApi.Storage;

namespace FunctionsApi.Benchmarks.Ledgers;

/// <summary>Counts what a store is asked to do, refused writes included.</summary>
internal sealed class CountingStore(ITableStore store) : ITableStore
{
    private int _operations;
    private int _writes;

    public int Operations => Volatile.Read(ref _operations);

    public int Writes => Volatile.Read(ref _writes);

    public Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken) =>
        Counted(store.GetAsync(table, key, cancellationToken));

    public Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _writes);
        return Counted(store.PutAsync(table, put, cancellationToken));
    }

    public Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken) =>
        Counted(store.DeleteAsync(table, key, ifMatch, cancellationToken));

    public Task<IReadOnlyList<string>?> BatchAsync(string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken) =>
        Counted(store.BatchAsync(table, puts, cancellationToken));

    public IAsyncEnumerable<TableRow> QueryAsync(string table, TableQuery query, CancellationToken cancellationToken) =>
        throw new NotSupportedException("The ledger reads and writes rows by their keys.");

    private Task<T> Counted<T>(Task<T> operation)
    {
        Interlocked.Increment(ref _operations);
        return operation;
    }
}

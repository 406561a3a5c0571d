using FunctionsApi.Storage;

namespace FunctionsApi.Tests.Auth;

/// <summary>Counts how often single keys are read.</summary>
internal sealed class CountingTableStore(ITableStore inner) : ITableStore
{
    private int _reads;

    public int Reads => Volatile.Read(ref _reads);

    public Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken)
    {
        if (table == "KeysById" && key.Partition != "revision")
            Interlocked.Increment(ref _reads);
        return inner.GetAsync(table, key, cancellationToken);
    }

    public Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken) =>
        inner.PutAsync(table, put, cancellationToken);

    public Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken) =>
        inner.DeleteAsync(table, key, ifMatch, cancellationToken);

    public IAsyncEnumerable<TableRow> QueryAsync(string table, TableQuery query, CancellationToken cancellationToken) =>
        inner.QueryAsync(table, query, cancellationToken);

    public Task<IReadOnlyList<string>?> BatchAsync(string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken) =>
        inner.BatchAsync(table, puts, cancellationToken);
}

using FunctionsApi.Storage;

namespace FunctionsApi.Tests.Infer;

/// <summary>A store that counts what is read, can fail, and can be made to wait.</summary>
internal sealed class WatchedStore : ITableStore
{
    private readonly InMemoryTableStore _store = new();

    public int Queries { get; private set; }

    public bool Fails { get; set; }

    public Task Gate { get; set; } = Task.CompletedTask;

    public async IAsyncEnumerable<TableRow> QueryAsync(
        string table,
        TableQuery query,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Queries++;
        await Gate;
        if (Fails)
            throw new TableStoreException("The store is away.");
        await foreach (var row in _store.QueryAsync(table, query, cancellationToken))
            yield return row;
    }

    public Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken) =>
        _store.GetAsync(table, key, cancellationToken);

    public Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken) =>
        _store.PutAsync(table, put, cancellationToken);

    public Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken) =>
        _store.DeleteAsync(table, key, ifMatch, cancellationToken);

    public Task<IReadOnlyList<string>?> BatchAsync(string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken) =>
        _store.BatchAsync(table, puts, cancellationToken);
}

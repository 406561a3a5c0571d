using FunctionsApi.Storage;

namespace FunctionsApi.Tests.Tenants;

/// <summary>A store in memory that tells what was asked of it, and can be made to fail or hang.</summary>
internal sealed class ObservedStore : ITableStore
{
    private readonly InMemoryTableStore _rows = new();

    /// <summary>What was read, oldest first: <c>Plans/current</c> for a row, <c>Tenants/*</c> for many.</summary>
    public List<string> Reads { get; } = [];

    /// <summary>Thrown by every read while it is set.</summary>
    public Exception? Failure { get; set; }

    /// <summary>While it is set, no row that is asked for ever comes.</summary>
    public bool Hangs { get; set; }

    public async Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken)
    {
        Observe($"{table}/{key.Row}");
        if (Hangs)
            await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
        return await _rows.GetAsync(table, key, cancellationToken);
    }

    public IAsyncEnumerable<TableRow> QueryAsync(string table, TableQuery query, CancellationToken cancellationToken)
    {
        Observe($"{table}/*");
        return _rows.QueryAsync(table, query, cancellationToken);
    }

    public Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken) =>
        _rows.PutAsync(table, put, cancellationToken);

    public Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken) =>
        _rows.DeleteAsync(table, key, ifMatch, cancellationToken);

    public Task<IReadOnlyList<string>?> BatchAsync(
        string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken) =>
        _rows.BatchAsync(table, puts, cancellationToken);

    private void Observe(string read)
    {
        Reads.Add(read);
        if (Failure is not null)
            throw Failure;
    }
}

using System.Threading.Channels;
using FunctionsApi.Storage;

namespace FunctionsApi.Tests.Usage;

/// <summary>A store that can be made to fail, and that tells when it was written to.</summary>
internal sealed class FailingTableStore(ITableStore inner) : ITableStore
{
    private readonly Channel<bool> _writes = Channel.CreateUnbounded<bool>();

    public bool Fails { get; set; }

    public int Writes { get; private set; }

    /// <summary>Waits for a write that nobody has waited for yet.</summary>
    /// <returns>Whether it succeeded.</returns>
    public ValueTask<bool> NextWriteAsync(CancellationToken cancellationToken) => _writes.Reader.ReadAsync(cancellationToken);

    public Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken) =>
        Working().GetAsync(table, key, cancellationToken);

    public Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken) =>
        Written().PutAsync(table, put, cancellationToken);

    public Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken) =>
        Written().DeleteAsync(table, key, ifMatch, cancellationToken);

    public IAsyncEnumerable<TableRow> QueryAsync(string table, TableQuery query, CancellationToken cancellationToken) =>
        Working().QueryAsync(table, query, cancellationToken);

    public Task<IReadOnlyList<string>?> BatchAsync(string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken) =>
        Written().BatchAsync(table, puts, cancellationToken);

    private ITableStore Written()
    {
        Writes++;
        _writes.Writer.TryWrite(!Fails);
        return Working();
    }

    private ITableStore Working() => Fails ? throw new TableStoreException("The store is unreachable.") : inner;
}

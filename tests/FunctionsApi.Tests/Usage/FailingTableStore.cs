using System.Threading.Channels;
using FunctionsApi.Storage;

namespace FunctionsApi.Tests.Usage;

/// <summary>A store that can be made to fail, and that tells when it was written to.</summary>
internal sealed class FailingTableStore(ITableStore inner) : ITableStore
{
    private readonly Channel<bool> _writes = Channel.CreateUnbounded<bool>();
    private int _written;

    public bool Fails { get; set; }

    /// <summary>How many writes were tried.</summary>
    public int Writes => _written;

    /// <summary>Waits for the end of a write that nobody has waited for yet.</summary>
    /// <returns>Whether it succeeded.</returns>
    public ValueTask<bool> NextWriteAsync(CancellationToken cancellationToken) => _writes.Reader.ReadAsync(cancellationToken);

    public Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken) =>
        Working().GetAsync(table, key, cancellationToken);

    public IAsyncEnumerable<TableRow> QueryAsync(string table, TableQuery query, CancellationToken cancellationToken) =>
        Working().QueryAsync(table, query, cancellationToken);

    public Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken) =>
        WriteAsync(store => store.PutAsync(table, put, cancellationToken));

    public Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken) =>
        WriteAsync(store => store.DeleteAsync(table, key, ifMatch, cancellationToken));

    public Task<IReadOnlyList<string>?> BatchAsync(string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken) =>
        WriteAsync(store => store.BatchAsync(table, puts, cancellationToken));

    private async Task<T> WriteAsync<T>(Func<ITableStore, Task<T>> write)
    {
        Interlocked.Increment(ref _written);
        var succeeded = false;
        try
        {
            var result = await write(Working());
            succeeded = true;
            return result;
        }
        finally
        {
            _writes.Writer.TryWrite(succeeded);
        }
    }

    private ITableStore Working() => Fails ? throw new TableStoreException("The store is unreachable.") : inner;
}

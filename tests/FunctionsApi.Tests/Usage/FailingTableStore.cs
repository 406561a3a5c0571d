using System.Threading.Channels;
using FunctionsApi.Storage;

namespace FunctionsApi.Tests.Usage;

/// <summary>A store that can be made to fail or to be late, and that tells when it was written to.</summary>
internal sealed class FailingTableStore(ITableStore inner) : ITableStore
{
    private readonly Channel<bool> _writes = Channel.CreateUnbounded<bool>();
    private Func<Task>? _heldBack;
    private int _written;

    public bool Fails { get; set; }

    /// <summary>The partition that cannot be written to; null for none.</summary>
    public string? FailsFor { get; set; }

    /// <summary>Whether the next batch fails, and is written when it is delivered.</summary>
    public bool HoldsNextWriteBack { get; set; }

    /// <summary>How many writes were tried.</summary>
    public int Writes => _written;

    /// <summary>Waits for the end of a write that nobody has waited for yet.</summary>
    /// <returns>Whether it succeeded.</returns>
    public ValueTask<bool> NextWriteAsync(CancellationToken cancellationToken) => _writes.Reader.ReadAsync(cancellationToken);

    /// <summary>Writes what was held back, as it was asked for.</summary>
    public async Task DeliverAsync(CancellationToken cancellationToken) => await _heldBack!().WaitAsync(cancellationToken);

    public Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken) =>
        Working().GetAsync(table, key, cancellationToken);

    public IAsyncEnumerable<TableRow> QueryAsync(string table, TableQuery query, CancellationToken cancellationToken) =>
        Working().QueryAsync(table, query, cancellationToken);

    public Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken) =>
        WriteAsync(store => store.PutAsync(table, put, cancellationToken));

    public Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken) =>
        WriteAsync(store => store.DeleteAsync(table, key, ifMatch, cancellationToken));

    public Task<IReadOnlyList<string>?> BatchAsync(string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken) =>
        WriteAsync(store => FailsFor == puts[0].Key.Partition || HoldsBack(() => store.BatchAsync(table, puts, CancellationToken.None))
            ? throw new TableStoreException("The store did not answer.")
            : store.BatchAsync(table, puts, cancellationToken));

    private bool HoldsBack(Func<Task> write)
    {
        if (!HoldsNextWriteBack)
            return false;
        (HoldsNextWriteBack, _heldBack) = (false, write);
        return true;
    }

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

using FunctionsApi.Storage;

namespace FunctionsApi.Benchmarks.Ledgers;

/// <summary>Counts what a store is asked to do, refused writes included, and answers some time later.</summary>
/// <param name="store">The store.</param>
/// <param name="latency">How long an answer takes, by <paramref name="time"/>, on top of the store's own time.</param>
/// <param name="time">The clock.</param>
internal sealed class CountingStore(ITableStore store, TimeSpan latency, TimeProvider time) : ITableStore
{
    private int _operations;
    private int _underWay;

    public int Operations => Volatile.Read(ref _operations);

    /// <summary>Operations that the store itself has not answered yet; the latency is not its doing.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    public Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken) =>
        CountAsync(() => store.GetAsync(table, key, cancellationToken));

    public Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken) =>
        CountAsync(() => store.PutAsync(table, put, cancellationToken));

    public Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken) =>
        CountAsync(() => store.DeleteAsync(table, key, ifMatch, cancellationToken));

    public Task<IReadOnlyList<string>?> BatchAsync(string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken) =>
        CountAsync(() => store.BatchAsync(table, puts, cancellationToken));

    public IAsyncEnumerable<TableRow> QueryAsync(string table, TableQuery query, CancellationToken cancellationToken) =>
        throw new NotSupportedException("The ledger reads and writes rows by their keys.");

    private async Task<T> CountAsync<T>(Func<Task<T>> operation)
    {
        Interlocked.Increment(ref _operations);
        // Half of the latency is the way there: what others write meanwhile comes first.
        await PassAsync(latency / 2);
        Interlocked.Increment(ref _underWay);
        try
        {
            return await operation();
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
            await PassAsync(latency / 2);
        }
    }

    private Task PassAsync(TimeSpan span) => span == TimeSpan.Zero
        ? Task.CompletedTask
#pragma warning disable RS0030 // Nothing waits for this time to pass: it is moved by hand.
        : Task.Delay(span, time);
#pragma warning restore RS0030
}

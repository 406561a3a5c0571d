using System.Runtime.CompilerServices;

namespace FunctionsApi.Storage;

/// <summary>
/// Another store with an end to every wait: what takes longer than <paramref name="limit"/>, for a query each of its pages,
/// fails with a <see cref="TableStoreException"/>, so that nobody who asks hangs when the store does.
/// </summary>
public sealed class BoundedTableStore(ITableStore store, TimeSpan limit, TimeProvider time) : ITableStore
{
    public Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken) =>
        AskAsync(asked => store.GetAsync(table, key, asked), cancellationToken);

    public Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken) =>
        AskAsync(asked => store.PutAsync(table, put, asked), cancellationToken);

    public Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken) =>
        AskAsync(asked => store.DeleteAsync(table, key, ifMatch, asked), cancellationToken);

    public Task<IReadOnlyList<string>?> BatchAsync(string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken) =>
        AskAsync(asked => store.BatchAsync(table, puts, asked), cancellationToken);

    public Task CheckAsync(CancellationToken cancellationToken) =>
        AskAsync(
            async asked =>
            {
                await store.CheckAsync(asked);
                return true;
            },
            cancellationToken);

    public async IAsyncEnumerable<TableRow> QueryAsync(
        string table, TableQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        await using var rows = store.QueryAsync(table, query, either.Token).GetAsyncEnumerator(either.Token);
        while (true)
        {
            // Only the store's time counts, not the reader's.
            timeout.CancelAfter(limit);
            try
            {
                if (!await rows.MoveNextAsync())
                    yield break;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw TookTooLong();
            }
            timeout.CancelAfter(Timeout.InfiniteTimeSpan);
            yield return rows.Current;
        }
    }

    private async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await ask(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw TookTooLong();
        }
    }

    private TableStoreException TookTooLong() =>
        new($"The store did not answer within {limit.TotalSeconds:0.#} s. See whether it is well and can be reached.") { MayPass = true };
}

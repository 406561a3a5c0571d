using FunctionsApi.Storage;

namespace FunctionsApi.Simulation;

/// <summary>One instance's way to the store that all share. What was sent arrives even if its sender is over by then.</summary>
/// <param name="store">The store; its own time does not count.</param>
/// <param name="timeline">Where requests and answers travel.</param>
/// <param name="thread">The instance.</param>
/// <param name="next">What becomes of the next request.</param>
/// <param name="log">What happens on the way.</param>
internal sealed class StoreLink(
    ITableStore store, Timeline timeline, InstanceThread thread, Func<Delivery> next, IStoreLog? log) : ITableStore
{
    public Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken) =>
        SendAsync(new(StorageAction.Get, key), () => store.GetAsync(table, key, CancellationToken.None), cancellationToken);

    public Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken) =>
        SendAsync(new(StorageAction.Put, put.Key), () => store.PutAsync(table, put, CancellationToken.None), cancellationToken);

    public Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken) =>
        SendAsync(new(StorageAction.Delete, key), () => store.DeleteAsync(table, key, ifMatch, CancellationToken.None), cancellationToken);

    public Task<IReadOnlyList<string>?> BatchAsync(string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken) =>
        SendAsync(new(StorageAction.Put, puts[0].Key), () => store.BatchAsync(table, puts, CancellationToken.None), cancellationToken);

    public IAsyncEnumerable<TableRow> QueryAsync(string table, TableQuery query, CancellationToken cancellationToken) =>
        throw new NotSupportedException("The ledger reads and writes rows by their keys.");

    private async Task<T> SendAsync<T>(StorageRequest request, Func<Task<T>> perform, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var delivery = next();
        log?.Sent(thread, request, delivery);
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!delivery.IsLost)
            timeline.Plan(timeline.Now + delivery.There, () => Arrive(request, perform, delivery, answer));
        if (delivery.AgainAfter is { } after)
            timeline.Plan(timeline.Now + delivery.There + after, () => Do(request, perform));
        using (cancellationToken.UnsafeRegister(
            static (answer, token) => ((TaskCompletionSource<T>)answer!).TrySetCanceled(token), answer))
            return await answer.Task;
    }

    private void Arrive<T>(StorageRequest request, Func<Task<T>> perform, Delivery delivery, TaskCompletionSource<T> answer)
    {
        var result = delivery.Refusal is null ? Do(request, perform) : default!;
        if (!delivery.IsAnswerLost)
            timeline.Plan(timeline.Now + delivery.Back, thread, _ =>
            {
                if (delivery.Refusal is { } refusal)
                    answer.TrySetException(new TableStoreException(refusal));
                else
                    answer.TrySetResult(result);
            }, null);
    }

    // A store that works on threads of its own takes no simulated time.
    private T Do<T>(StorageRequest request, Func<Task<T>> perform)
    {
        var result = perform().GetAwaiter().GetResult();
        log?.Done(thread, request, isConflict: result is null && request.Action == StorageAction.Put);
        return result;
    }
}

internal enum StorageAction
{
    Get,
    Put,
    Delete,
}

internal readonly record struct StorageRequest(StorageAction Action, TableKey Key);

/// <summary>Hears of every request to the store.</summary>
internal interface IStoreLog
{
    void Sent(InstanceThread sender, StorageRequest request, Delivery delivery);

    /// <summary>The store has done it, or found that its condition did not hold.</summary>
    void Done(InstanceThread sender, StorageRequest request, bool isConflict);
}

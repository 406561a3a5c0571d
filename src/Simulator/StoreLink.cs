using FunctionsApi.Quotas;
using FunctionsApi.Storage;

namespace FunctionsApi.Simulator;

/// <summary>One instance's way to the store that all share. What was sent arrives even if its sender is over by then.</summary>
/// <param name="store">The store; its own time does not count.</param>
/// <param name="timeline">Where requests and answers travel.</param>
/// <param name="thread">The instance.</param>
/// <param name="next">What becomes of the next request.</param>
/// <param name="log">What happens on the way.</param>
internal sealed class StoreLink(
    ITableStore store, Timeline timeline, InstanceThread thread, Func<Delivery> next, IStoreLog? log) : ITableStore
{
    /// <summary>Told with each answer: the store's time then, and when it was asked.</summary>
    public Action<Instant, Instant>? ToldTime { get; set; }

    public Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken) =>
        SendAsync(StorageAction.Get, key, () => store.GetAsync(table, key, CancellationToken.None), cancellationToken);

    public Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken) =>
        SendAsync(StorageAction.Put, put.Key, () => store.PutAsync(table, put, CancellationToken.None), cancellationToken);

    public Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken) =>
        SendAsync(StorageAction.Delete, key, () => store.DeleteAsync(table, key, ifMatch, CancellationToken.None), cancellationToken);

    public Task<IReadOnlyList<string>?> BatchAsync(string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken) =>
        SendAsync(StorageAction.Put, puts[0].Key, () => store.BatchAsync(table, puts, CancellationToken.None), cancellationToken);

    public IAsyncEnumerable<TableRow> QueryAsync(string table, TableQuery query, CancellationToken cancellationToken) =>
        throw new NotSupportedException("The ledger reads and writes rows by their keys.");

    private async Task<T> SendAsync<T>(
        StorageAction action, TableKey key, Func<Task<T>> perform, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var request = new StorageRequest(thread.Number, action, key.Partition, next());
        log?.Sent(request);
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var sent = timeline.Now;
        var arrival = sent + request.Delivery.There;
        if (!request.Delivery.IsLost)
            timeline.Plan(arrival, () => Arrive(request, perform, answer, sent));
        if (request.Delivery.AgainAfter is { } after)
            timeline.Plan(arrival + after, () => Do(request, perform));
        using (cancellationToken.UnsafeRegister(
            static (answer, token) => ((TaskCompletionSource<T>)answer!).TrySetCanceled(token), answer))
            return await answer.Task;
    }

    private void Arrive<T>(StorageRequest request, Func<Task<T>> perform, TaskCompletionSource<T> answer, Instant sent)
    {
        var at = timeline.Now;
        var result = request.Delivery.Refusal is null ? Do(request, perform) : default!;
        if (!request.Delivery.IsAnswerLost)
            timeline.Plan(timeline.Now + request.Delivery.Back, thread, _ =>
            {
                ToldTime?.Invoke(at, sent);
                Answer(answer, request.Delivery.Refusal, result);
            }, null);
    }

    private static void Answer<T>(TaskCompletionSource<T> answer, string? refusal, T result)
    {
        if (refusal is null)
            answer.TrySetResult(result);
        else
            answer.TrySetException(new TableStoreException(refusal));
    }

    // A store that works on threads of its own takes no simulated time.
    private T Do<T>(StorageRequest request, Func<Task<T>> perform)
    {
        var result = perform().GetAwaiter().GetResult();
        log?.Done(request, isConflict: result is null && request.Action == StorageAction.Put);
        return result;
    }
}

internal enum StorageAction
{
    Get,
    Put,
    Delete,
}

/// <summary>One request to the store.</summary>
/// <param name="Instance">Whose, by number.</param>
/// <param name="Action">What.</param>
/// <param name="Partition">Of which partition.</param>
/// <param name="Delivery">What becomes of it.</param>
internal readonly record struct StorageRequest(int Instance, StorageAction Action, string Partition, Delivery Delivery);

/// <summary>Hears of every request to the store.</summary>
internal interface IStoreLog
{
    void Sent(StorageRequest request);

    /// <summary>The store has done it, or found that its condition did not hold.</summary>
    void Done(StorageRequest request, bool isConflict);
}

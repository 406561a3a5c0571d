using FunctionsApi.Quotas;

namespace FunctionsApi.Simulator;

/// <summary>
/// Takes one instance's requests to what all share, and brings the answers. What was sent arrives even if its sender is over by
/// then.
/// </summary>
/// <param name="timeline">Where requests and answers travel.</param>
/// <param name="thread">The instance.</param>
/// <param name="next">What becomes of the next request.</param>
/// <param name="log">What happens on the way.</param>
internal sealed class Courier(Timeline timeline, InstanceThread thread, Func<Delivery> next, IStoreLog? log)
{
    /// <summary>
    /// Told with each answer: the store's time then, and when it was asked. A task hub tells none; but its callers ask the
    /// store as well, for one thing or another.
    /// </summary>
    public Action<Instant, Instant>? ToldTime { get; set; }

    /// <param name="action">What kind of request it is.</param>
    /// <param name="partition">Of which partition.</param>
    /// <param name="perform">Does it, at once, where and when it has arrived.</param>
    /// <param name="refuse">How a refusal is told.</param>
    /// <param name="cancellationToken">Gives up the wait for the answer.</param>
    public async Task<T> SendAsync<T>(
        StorageAction action, string partition, Func<T> perform, Func<string, Exception> refuse, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var request = new StorageRequest(thread.Number, action, partition, next());
        log?.Sent(request);
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var sent = timeline.Now;
        var arrival = sent + request.Delivery.There;
        if (!request.Delivery.IsLost)
            timeline.Plan(arrival, () => Arrive(request, perform, refuse, answer, sent));
        if (request.Delivery.AgainAfter is { } after)
            timeline.Plan(arrival + after, () => Do(request, perform));
        using (cancellationToken.UnsafeRegister(
            static (answer, token) => ((TaskCompletionSource<T>)answer!).TrySetCanceled(token), answer))
            return await answer.Task;
    }

    private void Arrive<T>(StorageRequest request, Func<T> perform, Func<string, Exception> refuse, TaskCompletionSource<T> answer, Instant sent)
    {
        var at = timeline.Now;
        var result = request.Delivery.Refusal is null ? Do(request, perform) : default!;
        if (!request.Delivery.IsAnswerLost)
            timeline.Plan(timeline.Now + request.Delivery.Back, thread, _ =>
            {
                ToldTime?.Invoke(at, sent);
                Answer(answer, request.Delivery.Refusal, refuse, result);
            }, null);
    }

    private static void Answer<T>(TaskCompletionSource<T> answer, string? refusal, Func<string, Exception> refuse, T result)
    {
        if (refusal is null)
            answer.TrySetResult(result);
        else
            answer.TrySetException(refuse(refusal));
    }

    private T Do<T>(StorageRequest request, Func<T> perform)
    {
        var result = perform();
        log?.Done(request, isConflict: result is null && request.Action == StorageAction.Put);
        return result;
    }
}

internal enum StorageAction
{
    Get,
    Put,
    Delete,

    /// <summary>Sends a signal to an entity.</summary>
    Signal,

    /// <summary>What the task hub does by itself with a signal.</summary>
    Hub,
}

/// <summary>One request to the store.</summary>
/// <param name="Instance">Whose, by number; -1 is the task hub.</param>
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

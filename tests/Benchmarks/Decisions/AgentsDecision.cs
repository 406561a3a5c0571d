using System.Threading.RateLimiting;
using BenchmarkDotNet.Attributes;
using FunctionsApi.Quotas.Limiting;

namespace FunctionsApi.Benchmarks.Decisions;

/// <summary>One agents request: hour with burst, day, endpoint and concurrency.</summary>
[MemoryDiagnoser]
public class AgentsDecision
{
    private readonly QuotaLimiter _ours = Setup.Ours();
    private readonly PartitionedRateLimiter<string> _theirs = Setup.TheirAgents();
    private int _next;

    [Benchmark(Baseline = true, Description = "System.Threading.RateLimiting, chained")]
    public bool Theirs()
    {
        using var lease = _theirs.AttemptAcquire(Next());
        return lease.IsAcquired;
    }

    [Benchmark(Description = "FunctionsApi")]
    public bool Ours()
    {
        // Now and then it runs ahead of its lease: then a request waits, here for a ledger in memory.
        var partition = Next();
        if (!_ours.TryAcquire(partition, Setup.AgentsCharge, out var decision))
            decision = _ours.AcquireAsync(partition, Setup.AgentsCharge).AsTask().GetAwaiter().GetResult();
        decision.Release();
        return decision.Outcome == Outcome.Admitted;
    }

    private string Next() => Setup.Partitions[_next = (_next + 1) % Setup.Keys];
}

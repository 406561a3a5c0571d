using System.Threading.RateLimiting;
using BenchmarkDotNet.Attributes;
using FunctionsApi.Quotas.Limiting;

namespace FunctionsApi.Benchmarks.Decisions;

/// <summary>One inference request: a sliding window of 60 s.</summary>
[MemoryDiagnoser]
public class InferDecision
{
    private readonly QuotaLimiter _ours = Setup.Ours();
    private readonly PartitionedRateLimiter<string> _theirs = Setup.TheirInfer();
    private int _next;

    [Benchmark(Baseline = true, Description = "System.Threading.RateLimiting, 60 segments")]
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
        if (!_ours.TryAcquire(partition, Setup.InferCharge, out var decision))
            decision = _ours.AcquireAsync(partition, Setup.InferCharge).AsTask().GetAwaiter().GetResult();
        return decision.Outcome == Outcome.Admitted;
    }

    private string Next() => Setup.Partitions[_next = (_next + 1) % Setup.Keys];
}

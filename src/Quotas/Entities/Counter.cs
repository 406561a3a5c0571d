using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Entities;

/// <summary>The durable count of one policy in one entity. Immutable: every operation makes a new one.</summary>
/// <param name="Policy">The policy's name.</param>
public abstract record Counter(string Policy)
{
    internal static Counter For(Policy policy) => policy.Algorithm switch
    {
        Algorithm.FixedWindow => new FixedWindowCounter(policy.Name),
        Algorithm.SlidingWindow => new SlidingWindowCounter(policy.Name),
        Algorithm.Concurrency => new ConcurrencyCounter(policy.Name),
        _ => throw new ArgumentOutOfRangeException(nameof(policy), policy.Algorithm, "Not an algorithm."),
    };

    /// <summary>The one that it counts for.</summary>
    public abstract Algorithm Algorithm { get; }

    /// <summary>Takes back what the instance settles and returns, whatever its policy's limit is now.</summary>
    internal abstract Counter Settle(PolicyOperation operation, InstanceId instance, Instant now);

    /// <summary>Leases what is asked for, as far as it goes.</summary>
    internal abstract Counter Acquire(PolicyOperation operation, InstanceId instance, Instant now, out int granted);

    /// <summary>From when on no answer depends on it, whatever its policy is then.</summary>
    internal abstract Instant OverAt { get; }

    /// <summary>Whether what was granted may still be spent now, as far as that is not told with the lease.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="granted">When that was, rounded down to a millisecond.</param>
    /// <param name="now">The entity's time.</param>
    internal virtual bool StillHolds(Policy policy, Instant granted, Instant now) => true;

    /// <summary>The entity's time was ahead and is set back; the next operation finds out which fixed window it is.</summary>
    /// <param name="soldBy">Whatever was granted was granted by then.</param>
    internal virtual Counter SetBack(Instant soldBy) => this;

    /// <summary>Whether what the instance settles and keeps is what is on record already.</summary>
    internal abstract bool IsSettledBy(PolicyOperation operation, InstanceId instance, Instant now);

    /// <summary>How it stands, for one instance.</summary>
    internal abstract PolicyResult Describe(Policy policy, InstanceId instance, Instant now);
}

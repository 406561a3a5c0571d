using System.Collections.Immutable;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Entities;

/// <summary>
/// Domain rule: each instance holds permits for its requests in flight until its lease ends, and renews it while they are
/// in use; a killed instance's permits are free again when its lease is over.
/// </summary>
/// <remarks>
/// An instance is told that its lease ends <see cref="ClockMargin"/> before others may have the permits: an operation of
/// one whose clock is ahead moves the entity's time, and the lease of one whose clock lags would be over before it is
/// renewed.
/// </remarks>
/// <param name="Policy">The policy's name.</param>
public sealed record ConcurrencyCounter(string Policy) : Counter(Policy)
{
    /// <summary>How far the clocks of two instances may be apart: each is within 2 s of the true time.</summary>
    public static readonly TimeSpan ClockMargin = TimeSpan.FromSeconds(4);

    /// <summary>No instance asks for a longer lease.</summary>
    internal static readonly TimeSpan LongestLease = TimeSpan.FromSeconds(11);

    /// <summary>When others may have the permits.</summary>
    public ImmutableArray<InstanceLease> Leases { get; init; } = [];

    public override Algorithm Algorithm => Algorithm.Concurrency;

    internal override Instant OverAt => Leases.LastExpiry();

    internal override Counter Settle(PolicyOperation operation, InstanceId instance, Instant now)
    {
        var leases = Leases.RemoveAll(lease => lease.Expires <= now || lease.Instance == instance);
        // What is in use stays so even where a lowered limit or a lapsed lease would no longer allow it.
        return this with { Leases = leases.Extend(instance, operation.Kept, End(operation, now)) };
    }

    internal override Counter Acquire(PolicyOperation operation, InstanceId instance, Instant now, out int granted)
    {
        granted = Headroom.Grant(Math.Max(0, operation.Policy.Limit - Leases.Total()), operation);
        return granted == 0 ? this : this with { Leases = Leases.Extend(instance, granted, End(operation, now)) };
    }

    // A lease is renewed when half of it is over, and not with each operation.
    internal override bool IsSettledBy(PolicyOperation operation, InstanceId instance, Instant now)
    {
        var lease = Leases.Of(instance);
        return lease.Permits == operation.Kept
            && (operation.Kept == 0 || lease.Expires - ClockMargin - now > operation.LeaseFor / 2);
    }

    internal override PolicyResult Describe(Policy policy, InstanceId instance, Instant now)
    {
        var live = Leases.RemoveAll(lease => lease.Expires <= now);
        var own = live.Of(instance);
        var used = live.Total();
        return new()
        {
            Used = used,
            Capacity = policy.Limit,
            LeaseFor = own.Permits == 0 ? TimeSpan.Zero : own.Expires - ClockMargin - now,
            HeldByOthers = used - own.Permits,
            Reset = now,
            Releases = [],
        };
    }

    internal override Counter SetBack(Instant soldBy) => this with { Leases = Leases.EndBy(soldBy + LongestLease + ClockMargin) };

    private static Instant End(PolicyOperation operation, Instant now) => now + operation.LeaseFor + ClockMargin;
}

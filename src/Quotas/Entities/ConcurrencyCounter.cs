using System.Collections.Immutable;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Entities;

/// <summary>
/// Domain rule: each instance holds permits for its requests in flight until its lease ends, and renews it while they are
/// in use; a killed instance's permits are free again when its lease is over.
/// </summary>
/// <param name="Policy">The policy's name.</param>
public sealed record ConcurrencyCounter(string Policy) : Counter(Policy)
{
    public ImmutableArray<InstanceLease> Leases { get; init; } = [];

    internal override Algorithm Algorithm => Algorithm.Concurrency;

    internal override Counter Settle(PolicyOperation operation, InstanceId instance, Instant now)
    {
        var leases = Leases.RemoveAll(lease => lease.Expires <= now || lease.Instance == instance);
        // What is in use stays so even where a lowered limit or a lapsed lease would no longer allow it.
        return this with { Leases = leases.Extend(instance, operation.Kept, now + operation.LeaseFor) };
    }

    internal override Counter Acquire(PolicyOperation operation, InstanceId instance, Instant now, out int granted)
    {
        var held = Leases.Sum(lease => lease.Permits);
        granted = Headroom.Grant(Math.Max(0, operation.Policy.Limit - held), operation);
        return this with { Leases = Leases.Extend(instance, granted, now + operation.LeaseFor) };
    }

    internal override PolicyResult Stand(Policy policy, InstanceId instance, Instant now)
    {
        var live = Leases.RemoveAll(lease => lease.Expires <= now);
        var own = live.IndexOf(instance);
        var used = live.Sum(lease => lease.Permits);
        return new()
        {
            Used = used,
            Capacity = policy.Limit,
            LeaseFor = own < 0 ? TimeSpan.Zero : live[own].Expires - now,
            HeldByOthers = used - (own < 0 ? 0 : live[own].Permits),
            Reset = now,
            Releases = [],
        };
    }
}

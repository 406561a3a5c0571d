using System.Collections.Immutable;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Entities;

/// <summary>
/// Domain rule: a permit counts from when it was spent until one window later. Permits spent in the same sixtieth of a
/// window share a bucket and leave with its last one, so a 60 s window never gives more than the limit in any 60 s and
/// holds no permit more than 1 s too long. Leased permits count as if they were spent in the lease's last moment, until
/// the instance settles them: what was spent then moves to when it was, what was not is given back.
/// </summary>
/// <remarks>60 whole buckets and the one that the window's edge cuts make 61 at the most.</remarks>
/// <param name="Policy">The policy's name.</param>
public sealed record SlidingWindowCounter(string Policy) : Counter(Policy)
{
    /// <summary>Settled permits, the oldest first.</summary>
    public ImmutableArray<Bucket> Buckets { get; init; } = [];

    /// <summary>Leased ones: at most one lease for each instance.</summary>
    public ImmutableArray<InstanceLease> Leases { get; init; } = [];

    /// <summary>No instance asks for a longer lease.</summary>
    internal static readonly TimeSpan LongestLease = TimeSpan.FromSeconds(20);

    /// <summary>All permits counted.</summary>
    public int Used
    {
        get
        {
            long used = Leases.Total();
            foreach (var bucket in Buckets)
                used += bucket.Permits;
            return (int)Math.Min(used, int.MaxValue);
        }
    }

    public override Algorithm Algorithm => Algorithm.SlidingWindow;

    // The counter does not know its window, and a changed plan may give it another: the longest there is.
    internal override Instant OverAt
    {
        get
        {
            var last = Instant.Max(Leases.LastExpiry(), Buckets.IsEmpty ? default : Buckets[^1].Last);
            return last == default ? default : last + Policies.Policy.LongestSlidingWindow;
        }
    }

    internal override Counter Settle(PolicyOperation operation, InstanceId instance, Instant now)
    {
        var window = operation.Policy.Window;
        var (buckets, leases) = Counted(window, now);
        (buckets, leases) = FoldForgotten(buckets, leases, window, now);
        var place = leases.IndexOf(instance);
        if (place >= 0)
        {
            var lease = leases[place];
            foreach (var (ago, permits) in operation.Spent)
            {
                var spent = Math.Min(permits, lease.Permits);
                lease = lease with { Permits = lease.Permits - spent };
                buckets = Add(buckets, window, now, Instant.Min(now - ago, lease.Expires), spent);
            }
            lease = lease with { Permits = Math.Max(0, lease.Permits - operation.Returned) };
            var kept = Math.Min(lease.Permits, operation.Kept);
            // Of an operation that was given up nothing is heard; without this its permits would live on in the next lease.
            buckets = Add(buckets, window, now, lease.Expires, lease.Permits - kept);
            lease = lease with { Permits = kept };
            leases = lease.Permits == 0 ? leases.RemoveAt(place) : leases.SetItem(place, lease);
        }

        foreach (var (ago, permits) in operation.Overdrawn)
            buckets = Add(buckets, window, now, now - ago, permits);
        // Taken one by one: what is still counted of the others must not be lost with one that has left the window on the way.
        foreach (var (leaves, permits) in operation.Refunded)
            if (now < leaves)
                buckets = WithoutOldest(buckets, permits);
        return this with { Buckets = buckets, Leases = leases };
    }

    internal override Counter Acquire(PolicyOperation operation, InstanceId instance, Instant now, out int granted)
    {
        granted = Headroom.Grant(Math.Max(0, operation.Policy.Limit - Used), operation);
        return granted == 0 ? this : this with { Leases = Leases.Extend(instance, granted, now + operation.LeaseFor) };
    }

    internal override bool IsSettledBy(PolicyOperation operation, InstanceId instance, Instant now) =>
        operation.ReportsNothing && Leases.Of(instance).Permits == operation.Kept;

    internal override PolicyResult Describe(Policy policy, InstanceId instance, Instant now)
    {
        var (buckets, leases) = Counted(policy.Window, now);
        var releases = ImmutableArray.CreateBuilder<Release>(buckets.Length + leases.Length);
        var own = default(InstanceLease);
        foreach (var bucket in buckets)
            releases.Add(new(bucket.Last + policy.Window, bucket.Permits));
        foreach (var lease in leases)
            if (lease.Instance == instance)
                own = lease;
            else
                releases.Add(new(lease.Expires + policy.Window, lease.Permits));
        releases.Sort(static (a, b) => a.At.CompareTo(b.At));
        return new()
        {
            Used = (this with { Buckets = buckets, Leases = leases }).Used,
            Capacity = policy.Limit,
            LeaseFor = own.Permits == 0 ? TimeSpan.Zero : own.Expires - now,
            HeldByOthers = leases.HeldByOthers(instance, now),
            Reset = Instant.Min(releases.Count > 0 ? releases[0].At : now, now + policy.Window),
            Releases = releases.DrainToImmutable(),
        };
    }

    // Whatever is dated later was sold by then at the latest, and leased for no longer than that.
    internal override Counter SetBack(Instant soldBy)
    {
        var (early, late) = (Buckets.RemoveAll(bucket => bucket.Last > soldBy), Buckets.RemoveAll(bucket => bucket.Last <= soldBy));
        if (!late.IsEmpty)
            early = early.Add(new(soldBy, (int)Math.Min(int.MaxValue, late.Sum(bucket => (long)bucket.Permits))));
        return this with { Buckets = early, Leases = Leases.EndBy(soldBy + LongestLease) };
    }

    private (ImmutableArray<Bucket> Buckets, ImmutableArray<InstanceLease> Leases) Counted(TimeSpan window, Instant now) => (
        Buckets.RemoveAll(bucket => bucket.Last + window <= now),
        Leases.RemoveAll(lease => lease.Expires + window <= now));

    /// <summary>
    /// Of an instance that has not settled a lease for so long that the entity forgets it, only the count remains: instances
    /// that come and go must not fill the row.
    /// </summary>
    private static (ImmutableArray<Bucket> Buckets, ImmutableArray<InstanceLease> Leases) FoldForgotten(
        ImmutableArray<Bucket> buckets, ImmutableArray<InstanceLease> leases, TimeSpan window, Instant now)
    {
        if (window <= QuotaEntity.RememberFor)
            return (buckets, leases);

        foreach (var lease in leases)
            if (IsForgotten(lease, now))
                buckets = Add(buckets, window, now, lease.Expires, lease.Permits);
        return (buckets, leases.RemoveAll(lease => IsForgotten(lease, now)));
    }

    private static bool IsForgotten(InstanceLease lease, Instant now) => lease.Expires + QuotaEntity.RememberFor <= now;

    // A permit that is refunded is still counted, in a bucket of its time or a later one. Taken from the oldest instead, the count is right
    // now, and what is left is counted for no shorter than it has to be.
    private static ImmutableArray<Bucket> WithoutOldest(ImmutableArray<Bucket> buckets, int permits)
    {
        while (permits > 0 && !buckets.IsEmpty)
        {
            var taken = Math.Min(permits, buckets[0].Permits);
            permits -= taken;
            buckets = taken == buckets[0].Permits ? buckets.RemoveAt(0) : buckets.SetItem(0, buckets[0] with { Permits = buckets[0].Permits - taken });
        }

        return buckets;
    }

    private static ImmutableArray<Bucket> Add(
        ImmutableArray<Bucket> buckets, TimeSpan window, Instant now, Instant at, int permits)
    {
        if (permits == 0 || at + window <= now)
            return buckets;

        var width = Policies.Policy.BucketTicks(window);
        var place = 0;
        while (place < buckets.Length && buckets[place].Last.Ticks / width < at.Ticks / width)
            place++;
        if (place == buckets.Length || buckets[place].Last.Ticks / width != at.Ticks / width)
            return buckets.Insert(place, new(at, permits));

        var bucket = buckets[place];
        return buckets.SetItem(place, new(Instant.Max(bucket.Last, at), bucket.Permits + permits));
    }
}

/// <summary>Permits spent close to each other.</summary>
/// <param name="Last">When the last of them was spent.</param>
/// <param name="Permits">How many, 1 or more.</param>
public readonly record struct Bucket(Instant Last, int Permits);

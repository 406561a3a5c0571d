using System.Collections.Immutable;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Entities;

/// <summary>
/// Domain rule: windows follow one another without a gap, aligned to UTC, and each sells the limit once. A burst opens at
/// the first request beyond the limit, once in a window; until it closes the window sells up to its ceiling. For a limit of
/// 1,000 an hour and a burst of 2 times for 10 s: request 1,001 at 14:20:00 opens it, requests up to the 2,000th pass until
/// 14:20:10, and none after that until 15:00:00.
/// </summary>
/// <remarks>
/// A leased permit can be spent until the window ends. The lease's own end says until when the instance has given back what
/// it does not need: until then others count on that, and after it the permits are taken for spent.
/// </remarks>
/// <param name="Policy">The policy's name.</param>
public sealed record FixedWindowCounter(string Policy) : Counter(Policy)
{
    /// <summary>When the counted window ends.</summary>
    public Instant WindowEnd { get; init; }

    /// <summary>Permits spent or leased in it.</summary>
    public int Used { get; init; }

    /// <summary>When the window's burst opened; null where it has not.</summary>
    public Instant? BurstOpened { get; init; }

    /// <summary>Of <see cref="Used"/>, what instances held when they were last heard of and may still give back.</summary>
    public ImmutableArray<InstanceLease> Leases { get; init; } = [];

    /// <summary>The window that was counted before this one: where a wrong clock opened one that is yet to come, the right one goes on from here.</summary>
    public CountedWindow Previous { get; init; }

    /// <summary>No instance asks for a longer lease.</summary>
    internal static readonly TimeSpan LongestLease = TimeSpan.FromSeconds(12);

    public override Algorithm Algorithm => Algorithm.FixedWindow;

    internal override Instant OverAt => WindowEnd;

    internal override Counter Settle(PolicyOperation operation, InstanceId instance, Instant now)
    {
        var current = At(operation.Policy, now);
        current = current with { Leases = current.Leases.RemoveAll(lease => lease.Expires <= now || lease.Instance == instance) };
        if (operation.WindowEnd != current.WindowEnd)
            return current;

        var used = (long)current.Used - operation.Returned;
        foreach (var spending in operation.Overdrawn)
            used += spending.Permits;
        return current with
        {
            Used = (int)Math.Clamp(used, 0, int.MaxValue),
            Leases = current.Leases.Extend(instance, operation.Kept, current.LeaseEnd(operation, now)),
        };
    }

    internal override Counter Acquire(PolicyOperation operation, InstanceId instance, Instant now, out int granted)
    {
        var current = At(operation.Policy, now);
        if (operation.Need > current.Sold(operation.Policy, now) - current.Used && operation.Policy.Burst is not null)
            current = current with { BurstOpened = current.BurstOpened ?? now };

        var left = Math.Max(0, current.Sold(operation.Policy, now) - current.Used);
        granted = Headroom.Grant(left, operation);
        // What requests wait for is as good as spent.
        var ahead = Math.Max(0, (int)(granted - Math.Min(int.MaxValue, (long)operation.Need + operation.Pressing)));
        return current with
        {
            Used = current.Used + granted,
            Leases = current.Leases.Extend(instance, ahead, current.LeaseEnd(operation, now)),
        };
    }

    internal override bool IsSettledBy(PolicyOperation operation, InstanceId instance, Instant now) =>
        operation.ReportsNothing && At(operation.Policy, now).Leases.Of(instance) is var lease
        && (lease.Expires > now ? lease.Permits : 0) == operation.Kept;

    internal override PolicyResult Describe(Policy policy, InstanceId instance, Instant now)
    {
        var current = At(policy, now);
        var isBurstOpen = current.BurstEnd(policy) is { } end && now < end;
        return new()
        {
            Used = current.Used,
            Capacity = current.BurstOpened is null ? policy.Ceiling : current.Sold(policy, now),
            IsBurstOpen = isBurstOpen,
            LeaseFor = (isBurstOpen ? Instant.Min(current.BurstEnd(policy)!.Value, current.WindowEnd) : current.WindowEnd) - now,
            HeldByOthers = current.Leases.HeldByOthers(instance, now),
            Reset = current.WindowEnd,
            Releases = [],
        };
    }

    // A permit belongs to the window that sold it, and one that only a burst could sell goes with the burst.
    internal override bool StillHolds(Policy policy, Instant granted, Instant now)
    {
        var current = At(policy, now);
        return granted >= current.WindowEnd - policy.Window
            && (current.BurstEnd(policy) is not { } burstEnd || granted >= burstEnd || now < burstEnd);
    }

    // Which window it is, the next operation finds out; what was opened or leased later was so by then at the latest.
    internal override Counter SetBack(Instant soldBy) => this with
    {
        BurstOpened = BurstOpened is { } opened ? Instant.Min(opened, soldBy) : null,
        Leases = Leases.EndBy(soldBy + LongestLease),
    };

    private FixedWindowCounter At(Policy policy, Instant now)
    {
        var end = policy.WindowEnd(now);
        if (end == WindowEnd)
            return this;
        if (end > WindowEnd)
            return new(Policy) { WindowEnd = end, Previous = Used == 0 ? default : new(WindowEnd, Used, BurstOpened) };
        // Time was set right. What was sold ahead of it was sold in the window that is now, and a burst of then was its burst.
        var before = Previous.WindowEnd == end ? Previous : default;
        return new(Policy)
        {
            WindowEnd = end,
            Used = (int)Math.Min(int.MaxValue, (long)before.Used + Used),
            BurstOpened = before.BurstOpened ?? (BurstOpened is null ? null : OverBefore(end, policy)),
        };
    }

    // Nobody knows when a burst of a window that was yet to come really opened: it counts as over.
    private static Instant OverBefore(Instant end, Policy policy) => end - policy.Window - (policy.Burst?.Length ?? TimeSpan.Zero);

    private Instant LeaseEnd(PolicyOperation operation, Instant now) => Instant.Min(now + operation.LeaseFor, WindowEnd);

    private int Sold(Policy policy, Instant now) =>
        BurstEnd(policy) is { } end && now < end ? policy.Ceiling : policy.Limit;

    private Instant? BurstEnd(Policy policy) =>
        BurstOpened is { } opened && policy.Burst is { } burst ? opened + burst.Length : null;
}

/// <summary>A fixed window, as it was counted.</summary>
/// <param name="WindowEnd">When it ends.</param>
/// <param name="Used">Permits used in it; 0 where none was counted.</param>
/// <param name="BurstOpened">When its burst opened; null where it did not.</param>
public readonly record struct CountedWindow(Instant WindowEnd, int Used, Instant? BurstOpened);

using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Entities;

/// <summary>
/// Domain rule: windows follow one another without a gap, aligned to UTC, and each sells the limit once. A burst opens at
/// the first request beyond the limit, once in a window; until it closes the window sells up to its ceiling. For a limit of
/// 1,000 an hour and a burst of 2 times for 10 s: request 1,001 at 14:20:00 opens it, requests up to the 2,000th pass until
/// 14:20:10, and none after that until 15:00:00.
/// </summary>
/// <param name="Policy">The policy's name.</param>
public sealed record FixedWindowCounter(string Policy) : Counter(Policy)
{
    /// <summary>When the counted window ends.</summary>
    public Instant WindowEnd { get; init; }

    /// <summary>Permits spent or leased in it. Leases need no record of their own: they end with the window.</summary>
    public int Used { get; init; }

    /// <summary>When the window's burst opened; null where it has not.</summary>
    public Instant? BurstOpened { get; init; }

    public override Algorithm Algorithm => Algorithm.FixedWindow;

    internal override Instant OverAt => WindowEnd;

    internal override Counter Settle(PolicyOperation operation, InstanceId instance, Instant now)
    {
        var current = At(operation.Policy, now);
        if (operation.WindowEnd != current.WindowEnd)
            return current;

        var used = (long)current.Used - operation.Returned;
        foreach (var spending in operation.Overdrawn)
            used += spending.Permits;
        return current with { Used = (int)Math.Clamp(used, 0, int.MaxValue) };
    }

    internal override Counter Acquire(PolicyOperation operation, InstanceId instance, Instant now, out int granted)
    {
        var current = At(operation.Policy, now);
        if (operation.Need > current.Sold(operation.Policy, now) - current.Used && operation.Policy.Burst is not null)
            current = current with { BurstOpened = current.BurstOpened ?? now };

        var left = Math.Max(0, current.Sold(operation.Policy, now) - current.Used);
        granted = Headroom.Grant(left, operation);
        return current with { Used = current.Used + granted };
    }

    internal override bool IsSettledBy(PolicyOperation operation, InstanceId instance, Instant now) => operation.ReportsNothing;

    internal override PolicyResult Describe(Policy policy, InstanceId instance, Instant now)
    {
        var current = At(policy, now);
        return new()
        {
            Used = current.Used,
            Capacity = current.BurstOpened is null ? policy.Ceiling : current.Sold(policy, now),
            LeaseFor = (current.BurstEnd(policy) is { } burstEnd && now < burstEnd
                ? Instant.Min(burstEnd, current.WindowEnd)
                : current.WindowEnd) - now,
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

    private FixedWindowCounter At(Policy policy, Instant now)
    {
        var end = new Instant(now.Ticks - now.Ticks % policy.Window.Ticks) + policy.Window;
        return end == WindowEnd ? this : new(Policy) { WindowEnd = end };
    }

    private int Sold(Policy policy, Instant now) =>
        BurstEnd(policy) is { } end && now < end ? policy.Ceiling : policy.Limit;

    private Instant? BurstEnd(Policy policy) =>
        BurstOpened is { } opened && policy.Burst is { } burst ? opened + burst.Length : null;
}

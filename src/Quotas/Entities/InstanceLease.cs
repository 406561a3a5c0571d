using System.Collections.Immutable;

namespace FunctionsApi.Quotas.Entities;

/// <summary>Permits in one instance's hands.</summary>
/// <param name="Instance">Whose.</param>
/// <param name="Permits">1 or more.</param>
/// <param name="Expires">
/// When the instance stops to spend them. A whole millisecond: an entity may hold thousands of them, and one that ends up to
/// a millisecond late sells no permit twice.
/// </param>
public readonly record struct InstanceLease(InstanceId Instance, int Permits, Instant Expires);

internal static class InstanceLeases
{
    /// <summary>What an instance holds; no permits where it holds nothing.</summary>
    public static InstanceLease Of(this ImmutableArray<InstanceLease> leases, InstanceId instance) =>
        leases.IndexOf(instance) is >= 0 and var place ? leases[place] : default;

    public static int IndexOf(this ImmutableArray<InstanceLease> leases, InstanceId instance)
    {
        for (var i = 0; i < leases.Length; i++)
            if (leases[i].Instance == instance)
                return i;
        return -1;
    }

    /// <summary>None ends later than then.</summary>
    public static ImmutableArray<InstanceLease> EndBy(this ImmutableArray<InstanceLease> leases, Instant latest) =>
        [.. leases.Select(lease => lease with { Expires = Instant.Min(lease.Expires, latest.MillisecondCeiling) })];

    /// <summary>All permits together.</summary>
    public static int Total(this ImmutableArray<InstanceLease> leases)
    {
        var total = 0L;
        foreach (var lease in leases)
            total += lease.Permits;
        return (int)Math.Min(total, int.MaxValue);
    }

    /// <summary>What other instances hold whose leases have not ended.</summary>
    public static int HeldByOthers(this ImmutableArray<InstanceLease> leases, InstanceId instance, Instant now)
    {
        var total = 0L;
        foreach (var lease in leases)
            if (lease.Instance != instance && lease.Expires > now)
                total += lease.Permits;
        return (int)Math.Min(total, int.MaxValue);
    }

    /// <summary>When the last of them ends; the beginning of time where there is none.</summary>
    public static Instant LastExpiry(this ImmutableArray<InstanceLease> leases)
    {
        var last = default(Instant);
        foreach (var lease in leases)
            last = Instant.Max(last, lease.Expires);
        return last;
    }

    /// <summary>Adds to the instance's lease and lets it end no sooner than it would have.</summary>
    public static ImmutableArray<InstanceLease> Extend(
        this ImmutableArray<InstanceLease> leases, InstanceId instance, int permits, Instant expires)
    {
        if (permits == 0)
            return leases;

        var place = leases.IndexOf(instance);
        if (place < 0)
            return leases.Add(new(instance, permits, expires.MillisecondCeiling));

        var lease = leases[place];
        return leases.SetItem(
            place, new(instance, lease.Permits + permits, Instant.Max(lease.Expires, expires.MillisecondCeiling)));
    }
}

using System.Collections.Immutable;

namespace FunctionsApi.Quotas.Entities;

/// <summary>Permits in one instance's hands.</summary>
/// <param name="Instance">Whose.</param>
/// <param name="Permits">1 or more.</param>
/// <param name="Expires">
/// When the instance stops to spend them. A whole millisecond: an entity may hold thousands of them, and one that is up to
/// a millisecond late errs to the safe side.
/// </param>
public readonly record struct InstanceLease(InstanceId Instance, int Permits, Instant Expires);

internal static class InstanceLeases
{
    public static int IndexOf(this ImmutableArray<InstanceLease> leases, InstanceId instance)
    {
        for (var i = 0; i < leases.Length; i++)
            if (leases[i].Instance == instance)
                return i;
        return -1;
    }

    /// <summary>All permits together.</summary>
    public static int Total(this ImmutableArray<InstanceLease> leases)
    {
        var total = 0L;
        foreach (var lease in leases)
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

using System.Collections.Immutable;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Entities;

/// <summary>One run of the program; a restarted process is another instance.</summary>
public readonly record struct InstanceId(ulong Value)
{
    public override string ToString() => Value.ToString("x16");
}

/// <summary>
/// What one instance asks of one entity: settle and give back what it holds, renew what it keeps, acquire what it needs.
/// </summary>
/// <param name="Instance">Who asks.</param>
/// <param name="Id">
/// Grows with each operation of the instance. The entity remembers the last one, so that a repeated operation, whose
/// answer got lost, is answered again and not applied again.
/// </param>
/// <param name="Generation">The entity's generation that the instance's leases come from; see <see cref="QuotaEntity.Reset"/>.</param>
/// <param name="Policies">A part for each policy concerned.</param>
public sealed record QuotaOperation(
    InstanceId Instance, long Id, int Generation, ImmutableArray<PolicyOperation> Policies)
{
    /// <summary>Something was spent or is given back, so that an entity changes by it, whatever it counts.</summary>
    public bool ReportsAnything() => Policies.Any(part => !part.ReportsNothing);
}

/// <summary>The part of a <see cref="QuotaOperation"/> that concerns one policy. All counts are permits, 0 or more.</summary>
public sealed record PolicyOperation(Policy Policy)
{
    /// <summary>Acquire for requests that are waiting: granted as far as the limit allows.</summary>
    public int Need { get; init; }

    /// <summary>
    /// Windows: acquire for callers who are being refused and would spend permits at once: granted as far as the limit
    /// allows, but it is no request and opens no burst.
    /// </summary>
    public int Pressing { get; init; }

    /// <summary>Acquire for requests that are expected: granted from a share of the headroom; see <see cref="Headroom"/>.</summary>
    public int Want { get; init; }

    /// <summary>
    /// How long the instance would like to spend the permits; the entity may shorten it. Fixed window: by when it will have
    /// given back what it does not need.
    /// </summary>
    public TimeSpan LeaseFor { get; init; }

    /// <summary>Windows: leased permits given back unspent.</summary>
    public int Returned { get; init; }

    /// <summary>
    /// Fixed window: the end of the window that <see cref="Returned"/> and <see cref="Overdrawn"/> belong to.
    /// </summary>
    public Instant WindowEnd { get; init; }

    /// <summary>Sliding window: leased permits that were spent, and when.</summary>
    public ImmutableArray<Spending> Spent { get; init; } = [];

    /// <summary>
    /// Sliding window: permits that were spent and are given back all the same, as if they had not been, each until it leaves the
    /// window. A fixed window's are among <see cref="Returned"/>: there it does not matter when they were spent.
    /// </summary>
    public ImmutableArray<Release> Refunded { get; init; } = [];

    /// <summary>Windows: permits that were spent without a lease, while the ledger could not be asked; charged whatever is left.</summary>
    public ImmutableArray<Spending> Overdrawn { get; init; } = [];

    /// <summary>
    /// Permits that the instance keeps: for concurrency in use or at hand; for a window leased and unspent, and what it accounts
    /// for in no way counts as spent, for a sliding one when its lease ends.
    /// </summary>
    public int Kept { get; init; }

    /// <summary>Nothing was spent and nothing is given back.</summary>
    internal bool ReportsNothing => Returned == 0 && Refunded.IsEmpty && Spent.IsEmpty && Overdrawn.IsEmpty;
}

/// <summary>Permits spent together.</summary>
/// <param name="Ago">
/// How long before the operation. A length of time and not a point in it, so that the instance's clock need not agree
/// with the entity's. An operation that arrives late dates its permits too late, which sells no permit twice.
/// </param>
/// <param name="Permits">How many.</param>
public readonly record struct Spending(TimeSpan Ago, int Permits);

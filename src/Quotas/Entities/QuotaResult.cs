using System.Collections.Immutable;

namespace FunctionsApi.Quotas.Entities;

/// <summary>An entity's answer to an operation.</summary>
/// <param name="Now">The entity's time when it was applied: never before that of any earlier one that was remembered.</param>
/// <param name="Generation">The generation that the granted leases belong to.</param>
/// <param name="Policies">One for each part of the operation, in its order.</param>
public sealed record QuotaResult(Instant Now, int Generation, ImmutableArray<PolicyResult> Policies)
{
    /// <summary>Other instances had operations applied within the last <see cref="QuotaEntity.ActiveFor"/>.</summary>
    public bool AreOthersActive { get; init; }

    /// <summary>How far ahead the entity's time was and has just been set right; zero nearly always.</summary>
    public TimeSpan SetBackBy { get; init; }
}

/// <summary>How one policy stands after an operation. Instants are of the entity's time.</summary>
public readonly record struct PolicyResult
{
    /// <summary>Permits leased to the instance by this operation.</summary>
    public int Granted { get; init; }

    /// <summary>How long from <see cref="QuotaResult.Now"/> on they may be spent; zero or less where that is over.</summary>
    public TimeSpan LeaseFor { get; init; }

    /// <summary>All permits counted: spent, leased, or in flight, by any instance.</summary>
    public int Used { get; init; }

    /// <summary>What the policy sells at the moment: its limit, or its ceiling where a burst is open or yet to come.</summary>
    public int Capacity { get; init; }

    /// <summary>A burst is open: more than the limit is sold at the moment.</summary>
    public bool IsBurstOpen { get; init; }

    /// <summary>What another operation could acquire at once.</summary>
    public int Available => Math.Max(0, Capacity - Used);

    /// <summary>Windows: as <see cref="Limiting.PolicyFigures.Reset"/>.</summary>
    public Instant Reset { get; init; }

    /// <summary>Sliding window: when how many of the permits of <see cref="Used"/> leave it, the first first; without the instance's own lease.</summary>
    public ImmutableArray<Release> Releases { get; init; }

    /// <summary>
    /// Permits that other instances hold. Of a window they are those that may still come back unspent: what an instance has
    /// not accounted for when its lease ends is taken for spent.
    /// </summary>
    public int HeldByOthers { get; init; }
}

/// <summary>Permits that become available again, and when.</summary>
public readonly record struct Release(Instant At, int Permits);

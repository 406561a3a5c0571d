using System.Collections.Immutable;
using FunctionsApi.Quotas.Entities;

namespace FunctionsApi.Quotas.Limiting;

/// <summary>
/// What the ledger has to be told of a sliding window beyond its leases: permits that were spent without a lease while it was away, and
/// permits that were spent and are given back all the same. Rare, so apart.
/// </summary>
internal sealed class Corrections
{
    // Not empty when the next report is made where the last one was given up: then it is told again.
    private SpendLog _reported;
    private SpendLog _unreported;
    private int _refunded;

    /// <summary>When the oldest overdraft was spent; <see cref="Instant.Never"/> without any.</summary>
    public Instant OldestOverdraft => !_reported.IsEmpty ? _reported.Oldest : !_unreported.IsEmpty ? _unreported.Oldest : Instant.Never;

    /// <summary>When the first of the permits that are refunded leaves the window: after that none of them may still be counted.</summary>
    public Instant RefundableUntil { get; private set; } = Instant.Never;

    /// <summary>Overdrafts that count after a time.</summary>
    public int Overdrawn(Instant after)
    {
        _reported.DropUntil(after);
        _unreported.DropUntil(after);
        return _reported.Sum() + _unreported.Sum();
    }

    /// <summary>Permits that are given back, and that the ledger counts until it is told.</summary>
    public int Refunded(Instant now) => now < RefundableUntil ? _refunded : 0;

    public void Overdraw(Instant now, int permits, long bucketTicks) => _unreported.Add(now, permits, bucketTicks);

    public void Refund(int permits, Instant until) =>
        (_refunded, RefundableUntil) = (_refunded + permits, Instant.Min(RefundableUntil, until));

    public ImmutableArray<Spending> ReportOverdrafts(Instant now, ClockSteps steps)
    {
        _reported.Append(_unreported);
        _unreported = default;
        return _reported.At(now, steps);
    }

    /// <summary>Permits were refunded, or were on their way and may have been: they are told once.</summary>
    /// <returns>Null where nothing is left.</returns>
    public Corrections? AfterRefund(int permits)
    {
        _refunded -= Math.Min(_refunded, permits);
        return _refunded == 0 ? WithoutRefunds() : this;
    }

    /// <summary>The ledger has counted the overdrafts that were reported.</summary>
    /// <returns>Null where nothing is left.</returns>
    public Corrections? AfterReport(in Answered answered)
    {
        _reported = default;
        // What was spent before a reset is counted no more, and what has left the window neither.
        return answered.SameGeneration && answered.Received < RefundableUntil && _refunded > 0 ? this : WithoutRefunds();
    }

    private Corrections? WithoutRefunds()
    {
        (_refunded, RefundableUntil) = (0, Instant.Never);
        return _reported.IsEmpty && _unreported.IsEmpty ? null : this;
    }
}

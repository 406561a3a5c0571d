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
    // Those of a sixtieth of a window together, with the first of them: at most 61.
    private ImmutableArray<Release> _refunds = [];
    private ImmutableArray<Release> _refundsInFlight = [];

    /// <summary>When the oldest overdraft was spent; <see cref="Instant.Never"/> without any.</summary>
    public Instant OldestOverdraft => !_reported.IsEmpty ? _reported.Oldest : !_unreported.IsEmpty ? _unreported.Oldest : Instant.Never;

    /// <summary>Overdrafts that count after a time.</summary>
    public int Overdrawn(Instant after)
    {
        _reported.DropUntil(after);
        _unreported.DropUntil(after);
        return _reported.Sum() + _unreported.Sum();
    }

    /// <summary>Permits that are given back, and that the ledger counts until it is told.</summary>
    public int Refunded(Instant now) => Sum(_refunds, now) + Sum(_refundsInFlight, now);

    public void Overdraw(Instant now, int permits, long bucketTicks) => _unreported.Add(now, permits, bucketTicks);

    /// <param name="permits">How many.</param>
    /// <param name="leaves">When they leave the window: after that they are counted no more.</param>
    /// <param name="bucketTicks">As of <see cref="Overdraw"/>.</param>
    public void Refund(int permits, Instant leaves, long bucketTicks)
    {
        for (var i = 0; i < _refunds.Length; i++)
            if (_refunds[i].At.Ticks / bucketTicks == leaves.Ticks / bucketTicks)
            {
                _refunds = _refunds.SetItem(i, new(Instant.Min(_refunds[i].At, leaves), _refunds[i].Permits + permits));
                return;
            }
        _refunds = _refunds.Add(new(leaves, permits));
    }

    public ImmutableArray<Spending> ReportOverdrafts(Instant now, ClockSteps steps)
    {
        _reported.Append(_unreported);
        _unreported = default;
        return _reported.At(now, steps);
    }

    /// <summary>What is given back, for the operation that is sent next: it is told once, whatever becomes of that.</summary>
    public ImmutableArray<Release> ReportRefunds(Instant now)
    {
        _refundsInFlight = _refunds.RemoveAll(refund => refund.At <= now);
        _refunds = [];
        return _refundsInFlight;
    }

    /// <summary>The operation is over that told the refunds: the ledger has counted them, or may have.</summary>
    /// <returns>Null where nothing is left.</returns>
    public Corrections? AfterRefunds()
    {
        _refundsInFlight = [];
        return Remaining;
    }

    /// <summary>The ledger has counted the overdrafts that were reported.</summary>
    /// <returns>Null where nothing is left.</returns>
    public Corrections? AfterReport(in Answered answered)
    {
        _reported = default;
        // What was spent before a reset is counted no more.
        if (!answered.SameGeneration)
            _refunds = [];
        return Remaining;
    }

    private Corrections? Remaining =>
        _reported.IsEmpty && _unreported.IsEmpty && _refunds.IsEmpty && _refundsInFlight.IsEmpty ? null : this;

    private static int Sum(ImmutableArray<Release> refunds, Instant now)
    {
        var sum = 0;
        foreach (var refund in refunds)
            sum += refund.At > now ? refund.Permits : 0;
        return sum;
    }
}

using System.Collections.Immutable;
using FunctionsApi.Quotas.Entities;

namespace FunctionsApi.Quotas.Limiting;

/// <summary>Permits of a sliding window that were spent without a lease while the ledger was away. Rare, so apart.</summary>
internal sealed class Overdrafts
{
    // Not empty when the next report is made where the last one was given up: then it is told again.
    private SpendLog _reported;
    private SpendLog _unreported;

    /// <summary>When the oldest was spent; <see cref="Instant.Never"/> without any.</summary>
    public Instant Oldest => !_reported.IsEmpty ? _reported.Oldest : !_unreported.IsEmpty ? _unreported.Oldest : Instant.Never;

    /// <summary>Those that count after a time.</summary>
    public int Count(Instant after)
    {
        _reported.DropUntil(after);
        _unreported.DropUntil(after);
        return _reported.Sum() + _unreported.Sum();
    }

    public void Add(Instant now, int permits, long bucketTicks) => _unreported.Add(now, permits, bucketTicks);

    public ImmutableArray<Spending> Report(Instant now, ClockSteps steps)
    {
        _reported.Append(_unreported);
        _unreported = default;
        return _reported.At(now, steps);
    }

    /// <summary>The ledger has counted what was reported.</summary>
    /// <returns>Null where nothing else is left.</returns>
    public Overdrafts? AfterReport()
    {
        _reported = default;
        return _unreported.IsEmpty ? null : this;
    }
}

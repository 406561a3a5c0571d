using System.Collections.Immutable;
using FunctionsApi.Quotas.Entities;

namespace FunctionsApi.Quotas.Limiting;

/// <summary>Permits of a sliding window that were spent without a lease while the ledger was away. Rare, so apart.</summary>
internal sealed class Overdrafts
{
    private SpendLog _reported;

    public SpendLog Unreported;

    /// <summary>When the oldest was spent; <see cref="Instant.Never"/> without any.</summary>
    public Instant Oldest => !_reported.IsEmpty ? _reported.Oldest : !Unreported.IsEmpty ? Unreported.Oldest : Instant.Never;

    /// <summary>Those that count after a time.</summary>
    public int Count(Instant after)
    {
        _reported.DropUntil(after);
        Unreported.DropUntil(after);
        return _reported.Sum() + Unreported.Sum();
    }

    public ImmutableArray<Spending> Report(Instant now)
    {
        _reported = Unreported;
        Unreported = default;
        return _reported.At(now);
    }

    /// <summary>The ledger has counted what was reported.</summary>
    /// <returns>Null where nothing else is left.</returns>
    public Overdrafts? AfterReport()
    {
        _reported = default;
        return Unreported.IsEmpty ? null : this;
    }
}

using FunctionsApi.Quotas.Limiting;

namespace FunctionsApi.Operations;

/// <summary>When the ledger was slow, contended or away, as this instance found it.</summary>
internal sealed class LedgerPeriods(TimeProvider time)
{
    /// <summary>So many are remembered, the latest.</summary>
    public const int Most = 20;

    private readonly Lock _lock = new();
    private readonly Queue<LedgerPeriod> _past = new();
    private LedgerPeriod? _present;

    /// <param name="limiter">Once, before it decides.</param>
    public void Observe(QuotaLimiter limiter) => limiter.LedgerStateChanged += (_, after) => Note(after);

    /// <summary>The oldest first; the last may go on.</summary>
    public IReadOnlyList<LedgerPeriod> All
    {
        get
        {
            lock (_lock)
                return _present is null ? [.. _past] : [.. _past, _present];
        }
    }

    private void Note(LedgerState state)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            if (_present is not null)
                _past.Enqueue(_present with { Until = now });
            _present = state == LedgerState.Well ? null : new(state.Name(), now, null);
            while (_past.Count >= Most)
                _past.Dequeue();
        }
    }
}

/// <param name="State"><c>slow</c>, <c>contended</c> or <c>away</c>.</param>
/// <param name="Since">When it began.</param>
/// <param name="Until">When it was over; null: it goes on.</param>
internal sealed record LedgerPeriod(string State, DateTimeOffset Since, DateTimeOffset? Until);

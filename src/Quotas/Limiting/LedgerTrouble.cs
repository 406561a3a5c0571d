namespace FunctionsApi.Quotas.Limiting;

/// <summary>How often requests were told lately that the ledger is slow or contended. Safe for any number of threads.</summary>
internal sealed class LedgerTrouble(CorrectedClock clock)
{
    private static readonly TimeSpan RememberFor = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private long _contended;
    private long _overdue;
    private Instant _contendedAt;
    private Instant _overdueAt;

    /// <summary>How a ledger is that answers, and was in the last <see cref="RememberFor"/>.</summary>
    public LedgerState State
    {
        get
        {
            lock (_lock)
            {
                var recent = clock.Steady - RememberFor;
                return _contendedAt > recent ? LedgerState.Contended
                    : _overdueAt > recent ? LedgerState.Slow
                    : LedgerState.Well;
            }
        }
    }

    public LedgerFigures AddTo(LedgerFigures figures)
    {
        lock (_lock)
            return figures with { Contended = _contended, Overdue = _overdue };
    }

    /// <summary>Others write one partition so fast that this instance does not get to it.</summary>
    public void Contended()
    {
        lock (_lock)
            (_contended, _contendedAt) = (_contended + 1, clock.Steady);
    }

    /// <summary>Requests were told that an operation takes too long.</summary>
    public void Overdue()
    {
        lock (_lock)
            (_overdue, _overdueAt) = (_overdue + 1, clock.Steady);
    }

    /// <summary>The ledger says of itself that an operation takes too long.</summary>
    public void Slow()
    {
        lock (_lock)
            _overdueAt = clock.Steady;
    }

    /// <summary>What requests were told meanwhile was an outage's.</summary>
    public void Forget()
    {
        lock (_lock)
            (_overdueAt, _contendedAt) = (default, default);
    }
}

namespace FunctionsApi.Quotas.Limiting;

/// <summary>How the ledger is; the worst of what is true.</summary>
public enum LedgerState
{
    /// <summary>It answers in time.</summary>
    Well,

    /// <summary>It answers, and requests had to be told lately that it takes too long.</summary>
    Slow,

    /// <summary>It answers, and lately a partition was written by so many instances that this one did not get to it.</summary>
    Contended,

    /// <summary>It answers nothing: see <see cref="LedgerOutage"/>.</summary>
    Away,
}

public static class LedgerStates
{
    /// <summary>As probes, metrics and docs name it.</summary>
    public static string Name(this LedgerState state) => state switch
    {
        LedgerState.Well => "well",
        LedgerState.Slow => "slow",
        LedgerState.Contended => "contended",
        LedgerState.Away => "away",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "Not a state of the ledger."),
    };
}

/// <summary>What became of the attempts to reach the ledger so far, and where it stands now.</summary>
/// <param name="Answered">Attempts that were answered.</param>
/// <param name="Failed">Attempts that failed or timed out.</param>
/// <param name="InFlight">Attempts on their way.</param>
/// <param name="Waiting">Operations that wait for their turn.</param>
public readonly record struct LedgerFigures(long Answered, long Failed, int InFlight, int Waiting)
{
    /// <summary>Attempts that were answered that others wrote the partition meanwhile, again and again.</summary>
    public long Contended { get; init; }

    /// <summary>Operations that were not answered while requests could wait for them.</summary>
    public long Overdue { get; init; }
}

namespace FunctionsApi.Quotas.Limiting;

/// <summary>What to make of a policy that only the ledger could judge.</summary>
internal enum Fallback : byte
{
    AskLedger,

    /// <summary>The ledger is away: enforce the whole limit with what is known here.</summary>
    DecideAlone,

    /// <summary>The ledger is slow or crowded, or it is away and nobody is to be admitted: admit nothing that is not in hand.</summary>
    Deny,

    /// <summary>The ledger was asked often enough.</summary>
    Refuse,

    /// <summary>The time is not known: nothing that is admitted could be dated, and nobody is told that he is over a limit.</summary>
    CannotDate,
}

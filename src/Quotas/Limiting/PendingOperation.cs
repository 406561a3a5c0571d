using FunctionsApi.Quotas.Entities;

namespace FunctionsApi.Quotas.Limiting;

/// <summary>An operation on its way to the ledger and back.</summary>
/// <param name="Operation">It is sent unchanged however often it takes.</param>
/// <param name="Sent">When it was composed.</param>
internal sealed record PendingOperation(QuotaOperation Operation, Instant Sent);

/// <summary>What to make of a policy that only the ledger could judge.</summary>
internal enum Doubt
{
    AskLedger,

    /// <summary>The ledger is away: enforce the whole limit with what is known here.</summary>
    DecideAlone,

    /// <summary>The ledger is away: admit nothing that is not in hand.</summary>
    Deny,

    /// <summary>The ledger was asked often enough.</summary>
    Refuse,
}

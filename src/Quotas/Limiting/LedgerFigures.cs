namespace FunctionsApi.Quotas.Limiting;

/// <summary>What became of the attempts to reach the ledger so far, and where it stands now.</summary>
/// <param name="Answered">Attempts that were answered.</param>
/// <param name="Failed">Attempts that failed or timed out.</param>
/// <param name="InFlight">Attempts on their way.</param>
/// <param name="Waiting">Operations that wait for their turn.</param>
public readonly record struct LedgerFigures(long Answered, long Failed, int InFlight, int Waiting);

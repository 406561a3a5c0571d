using FunctionsApi.Quotas.Limiting;

namespace FunctionsApi.Settings;

/// <summary>The settings <c>Quotas__…</c>.</summary>
internal sealed record QuotasOptions
{
    public const string Section = "Quotas";

    /// <summary>Null is entities under the Functions host, and a table elsewhere.</summary>
    public LedgerKind? Ledger { get; set; }

    public WhenLedgerUnavailable WhenLedgerUnavailable { get; set; }

    /// <summary>Start although the clock is behind what the store has seen.</summary>
    public bool AcceptClockSetBack { get; set; }
}

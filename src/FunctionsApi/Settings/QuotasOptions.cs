using FunctionsApi.Quotas.Limiting;
using Microsoft.Extensions.Options;

namespace FunctionsApi.Settings;

/// <summary>The settings <c>Quotas__…</c>.</summary>
internal sealed record QuotasOptions
{
    public const string Section = "Quotas";

    /// <summary>Null is entities under the Functions host, and a table elsewhere.</summary>
    public LedgerKind? Ledger { get; set; }

    public WhenLedgerUnavailable WhenLedgerUnavailable { get; set; }

    /// <summary>Where the Functions host listens on the machine that it runs us on; null is what it says itself, if it does.</summary>
    public string? HostAddress { get; set; }

    /// <summary>Start although the clock is behind what the store has seen.</summary>
    public bool AcceptClockSetBack { get; set; }
}

/// <summary>Refuses an address that the program could not call, or that is not its own host's.</summary>
internal sealed class QuotasOptionsValidator : IValidateOptions<QuotasOptions>
{
    public ValidateOptionsResult Validate(string? name, QuotasOptions options) =>
        options.HostAddress is not { } told || (Uri.TryCreate(told, UriKind.Absolute, out var address) && address is { Scheme: "http", IsLoopback: true, PathAndQuery: "/" })
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                $"Quotas__HostAddress is '{told}', which is no address of the Functions host on its own machine: write it as http://localhost:80, or remove it.");
}

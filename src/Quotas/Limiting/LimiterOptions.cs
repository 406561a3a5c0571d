namespace FunctionsApi.Quotas.Limiting;

/// <summary>What to do with a request when the ledger cannot be asked and no lease is in hand.</summary>
public enum WhenLedgerUnavailable
{
    /// <summary>While it is away, enforce the whole limit with what this instance knows, and charge the ledger when it is back.</summary>
    Admit,

    /// <summary>Admit nothing: <see cref="Outcome.Unavailable"/>.</summary>
    Deny,
}

public sealed record LimiterOptions
{
    public WhenLedgerUnavailable WhenLedgerUnavailable { get; init; } = WhenLedgerUnavailable.Admit;

    /// <summary>How long a request waits for the ledger before it is told to come again: longer than a ledger takes that is well.</summary>
    public TimeSpan RequestWait { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long requests wait while the ledger has not applied an operation of this instance yet, counted from the first: a ledger that
    /// starts with the instance may need longer than one that is well. No effect below <see cref="RequestWait"/>.
    /// </summary>
    public TimeSpan FirstAnswerWait { get; init; }

    /// <summary>
    /// How long one attempt to reach the ledger may take until it is given up and repeated: much longer than
    /// <see cref="RequestWait"/>, since a ledger that is slow may have done what was asked.
    /// </summary>
    public TimeSpan OperationTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Operations that may be on their way to the ledger at once.</summary>
    public int MostOperationsInFlight { get; init; } = 256;

    /// <summary>How long a partition without requests and leases is remembered.</summary>
    public TimeSpan ForgetAfter { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Spreads repeated attempts. A simulation that must be repeatable gives its own: the instance's id comes from it too,
    /// which otherwise no seed can foretell.
    /// </summary>
    public Random Random { get; init; } = Random.Shared;
}

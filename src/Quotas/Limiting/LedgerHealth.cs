// One operation that fails says little: its partition may be throttled, its connection may have been cut. The ledger is away
// when for half a second there was nothing but failures, and it is back when it answers and goes on doing so for a second:
//
//   answering ── only failures for 0.5 s ──> away ── an answer ──> returning ── 1 s ──> answering
//                                              ^                       │
//                                              └── only failures for 0.5 s
//
// An outage lasts from the first "away" to the end of "returning", so that a ledger that answers now and then is told of once.
// An operation that took 2 s and failed is half a second of failures by itself, unless another was answered meanwhile.

namespace FunctionsApi.Quotas.Limiting;

/// <summary>Judges by what becomes of attempts whether the ledger answers. Not safe for threads.</summary>
internal sealed class LedgerHealth
{
    public static readonly TimeSpan AwayAfter = TimeSpan.FromMilliseconds(500);
    public static readonly TimeSpan BackAfter = TimeSpan.FromSeconds(1);

    private Instant _lastAnswer;
    private Instant _failingSince = Instant.Never;
    private Instant _answersSince = Instant.Never;

    /// <summary>Since when and why the ledger is away; null while it answers.</summary>
    public LedgerOutage? Outage { get; private set; }

    /// <summary>Nothing is to be expected of it.</summary>
    public bool IsAway => Outage is not null && _answersSince == Instant.Never;

    /// <summary>It answers again, and it remains to be seen for how long.</summary>
    public bool IsReturning => Outage is not null && _answersSince != Instant.Never;

    public void Answered(Instant now)
    {
        (_lastAnswer, _failingSince) = (now, Instant.Never);
        if (IsAway)
            _answersSince = now;
    }

    /// <param name="asked">When the attempt was sent.</param>
    /// <param name="now">When it was known to have failed.</param>
    /// <param name="reason">Why, for operators.</param>
    public void Failed(Instant asked, Instant now, string reason)
    {
        _failingSince = Instant.Min(_failingSince, Instant.Max(asked, _lastAnswer));
        if (now - _failingSince < AwayAfter)
            return;
        Outage ??= new(_failingSince, reason);
        _answersSince = Instant.Never;
    }

    /// <summary>Ends the outage if the ledger has been answering for long enough.</summary>
    /// <returns>Whether it ended just now.</returns>
    public bool TrySettle(Instant now)
    {
        if (!IsReturning || now - _answersSince < BackAfter)
            return false;
        (Outage, _answersSince) = (null, Instant.Never);
        return true;
    }
}

/// <param name="Since">When the ledger was first found away.</param>
/// <param name="Reason">For operators.</param>
public sealed record LedgerOutage(Instant Since, string Reason);

// Slow is not away. An operation that fails or times out says little: its partition may be throttled or crowded, its
// connection may have been cut, a customer may load the machine. The ledger is away when for two seconds nothing was
// answered, and meanwhile several operations of several partitions failed; it is back when it answers and goes on doing so
// for a second:
//
//   answering ── 2 s without an answer, 3 failures of 2 partitions ──> away ── an answer ──> returning ── 1 s ──> answering
//                                                                        ^                       │
//                                                                        └── the same again ─────┘
//
// Where only one partition is asked for, the link looks at another one to find out. An outage lasts from the first "away" to
// the end of "returning", so that a ledger that answers now and then is told of once.

namespace FunctionsApi.Quotas.Limiting;

/// <summary>
/// Judges by what becomes of attempts whether the ledger answers, by <see cref="CorrectedClock.Steady"/> time. Not safe for
/// threads.
/// </summary>
internal sealed class LedgerHealth
{
    public static readonly TimeSpan AwayAfter = TimeSpan.FromSeconds(2);
    public static readonly TimeSpan BackAfter = TimeSpan.FromSeconds(1);
    public const int LeastFailures = 3;
    public const int LeastPartitions = 2;

    /// <summary>While it returns, one that falls silent again is taken for away sooner: it is known to have been.</summary>
    private static readonly TimeSpan AwayAgainAfter = TimeSpan.FromMilliseconds(500);

    private readonly HashSet<string> _failedPartitions = [];
    private Instant _lastAnswer;
    private Instant _failingSince = Instant.Never;
    private Instant _answersSince = Instant.Never;
    private int _failures;

    /// <summary>Since when and why the ledger is away; null while it answers.</summary>
    public LedgerOutage? Outage { get; private set; }

    /// <summary>Nothing is to be expected of it.</summary>
    public bool IsAway => Outage is not null && _answersSince == Instant.Never;

    /// <summary>It answers again, and it remains to be seen for how long.</summary>
    public bool IsReturning => Outage is not null && _answersSince != Instant.Never;

    /// <summary>It fails for one partition alone: whether for others too, nobody has tried.</summary>
    public bool WantsSecondOpinion(Instant now) =>
        Outage is null && _failedPartitions.Count == 1 && now - _failingSince >= AwayAfter / 2;

    public void Answered(Instant now)
    {
        (_lastAnswer, _failingSince, _failures) = (now, Instant.Never, 0);
        _failedPartitions.Clear();
        if (IsAway)
            _answersSince = now;
    }

    /// <param name="partition">Whose operation it was.</param>
    /// <param name="asked">When the attempt was sent.</param>
    /// <param name="now">When it was known to have failed.</param>
    /// <param name="reason">Why, for operators.</param>
    public void Failed(string partition, Instant asked, Instant now, string reason)
    {
        _failingSince = Instant.Min(_failingSince, Instant.Max(asked, _lastAnswer));
        _failures++;
        if (_failedPartitions.Count < LeastPartitions)
            _failedPartitions.Add(partition);
        if (now - _failingSince < (IsReturning ? AwayAgainAfter : AwayAfter))
            return;
        if (Outage is null && (_failures < LeastFailures || _failedPartitions.Count < LeastPartitions))
            return;
        Outage ??= new(_failingSince, reason);
        _answersSince = Instant.Never;
    }

    /// <summary>Ends the outage if the ledger has been answering for long enough.</summary>
    /// <param name="now">When.</param>
    /// <param name="isAsked">Attempts are on their way; where none was answered for half a second, they may all be lost.</param>
    /// <returns>Whether it ended just now.</returns>
    public bool TrySettle(Instant now, bool isAsked)
    {
        if (!IsReturning || now - _answersSince < BackAfter || (isAsked && now - _lastAnswer >= AwayAgainAfter))
            return false;
        (Outage, _answersSince) = (null, Instant.Never);
        return true;
    }
}

/// <param name="Since">When the ledger was first found away, by this instance's clock as it was when it started.</param>
/// <param name="Reason">For operators.</param>
public sealed record LedgerOutage(Instant Since, string Reason);

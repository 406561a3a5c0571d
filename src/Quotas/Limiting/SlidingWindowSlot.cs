using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Limiting;

internal sealed class SlidingWindowSlot : WindowSlot
{
    /// <summary>A lease for waiting requests alone: they spend it as soon as the answer is there.</summary>
    private static readonly TimeSpan ShortLease = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestLease = SlidingWindowCounter.LongestLease;

    private static readonly TimeSpan AlmostASecond = new(TimeSpan.TicksPerSecond - 1);

    private SpendLog _spent;
    private Corrections? _corrections;

    private ReleaseSchedule? _releases;

    public override Availability Check(Policy policy, int permits, Instant now)
    {
        Advance(policy, now);
        return base.Check(policy, permits, now);
    }

    public override PolicyFigures Figures(Policy policy, Instant now) =>
        new(Math.Clamp(Left(policy, now) + HeldByOthers(now), 0, policy.Limit), OldestLeaves(policy, now));

    public override bool Refund(Policy policy, int permits, Instant spentAt, Instant now)
    {
        if (spentAt + policy.Window <= now)
            return false;
        _corrections ??= new();
        _corrections.Refund(permits, spentAt + policy.Window, Policy.BucketTicks(policy.Window));
        return true;
    }

    public override void GiveUp(PolicyOperation part)
    {
        base.GiveUp(part);
        _corrections = _corrections?.AfterRefunds();
    }

    public override Instant FreeAt(Policy policy, int permits, Instant now)
    {
        Advance(policy, now);
        var missing = permits - Left(policy, now);
        if (missing <= 0)
            return now;
        if (missing <= HeldByOthers(now))
            return now + ComesBackWithin;
        // What has left this instance's own log need not have left the ledger's count yet.
        return Instant.Max(now, _releases?.WhenReleased(ref missing) ?? (_spent.WhenSpent(missing) ?? now) + policy.Window);
    }

    protected override bool HasNews => !_spent.IsEmpty || HasCorrections;

    // Until it is told, the ledger counts a spent permit from the end of its lease. For a short lease that is as exact as
    // a bucket, and a caller that comes once costs no second operation.
    protected override bool OwesReport => HasCorrections || (!_spent.IsEmpty && Expires - _spent.Oldest > ShortLease);

    private bool HasCorrections => _corrections is not null;

    protected override int Left(Policy policy, Instant now) =>
        policy.Limit - Used + Lease + Returnable + (_corrections?.Refunded(now) ?? 0) - (_corrections?.Overdrawn(now - policy.Window) ?? 0);

    protected override void SpendLeased(Policy policy, int permits, Instant now) =>
        _spent.Add(now, permits, Policy.BucketTicks(policy.Window));

    protected override void Overdraw(Policy policy, int permits, Instant now)
    {
        _corrections ??= new();
        _corrections.Overdraw(now, permits, Policy.BucketTicks(policy.Window));
    }

    protected override PolicyOperation Report(Policy policy, PolicyOperation part, in Demand demand)
    {
        part = part with
        {
            // It may have been as much later as the clock is uncertain.
            Spent = _spent.At(demand.Now - demand.Uncertainty, demand.Steps),
            Overdrawn = _corrections?.ReportOverdrafts(demand.Now - demand.Uncertainty, demand.Steps) ?? [],
            Refunded = _corrections?.ReportRefunds(demand.Now) ?? [],
            LeaseFor = LeaseFor(policy, part.Want, demand),
        };
        IsReporting = !_spent.IsEmpty && !HaveSpentLeft;
        HaveSpentLeft = false;
        _spent.Clear();
        return part;
    }

    protected override void Absorb(Policy policy, PolicyOperation part, PolicyResult result, in Answered answered)
    {
        _corrections = _corrections?.AfterReport(answered);
        IsReporting = false;
        // A lease that was over for a whole window when the ledger was told is counted no more: what was kept of it is nobody's.
        if (answered.SameGeneration)
            Forfeit(Lease + Returnable + _spent.Sum() - OwnOf(result));
        _releases = result.Releases.IsEmpty ? null : new(result, policy.Window, answered);
    }

    protected override Instant LeaseEnd(in Answered answered, TimeSpan newest)
    {
        var end = answered.Sent + newest - answered.Uncertainty;
        return Lease > 0 ? Instant.Max(Expires, end) : end;
    }

    // What is wanted ahead of need lasts for a horizon, if it comes as forecast: twice that is enough. An answer that comes
    // after the lease's end would bring nothing.
    private static TimeSpan LeaseFor(Policy policy, int want, in Demand demand)
    {
        var lease = want > 0 ? 2 * Horizon(policy, demand.AnsweredIn) : ShortLease;
        var answered = lease + demand.Uncertainty + 2 * demand.LedgerTakes;
        return answered < LongestLease ? answered : LongestLease;
    }

    /// <summary>What the ledger counts for this instance's own lease: all but what it says when it leaves the window.</summary>
    private static int OwnOf(in PolicyResult result)
    {
        var own = result.Used;
        foreach (var release in result.Releases)
            own -= release.Permits;
        return own;
    }

    private int HeldByOthers(Instant now) => _releases?.HeldByOthers(now) ?? 0;

    private void Advance(Policy policy, Instant now)
    {
        if (_releases is not null && _releases.First <= now)
            Leave(_releases.TakeUntil(now));
        if (HaveSpentLeft || _spent.IsEmpty || _spent.Newest + policy.Window > now)
            return;
        Leave(_spent.Sum());
        HaveSpentLeft = true;
    }

    // What left while an answer was late is not in the answer's count; what is in hand is in every count.
    private void Leave(int permits) => Used = Math.Max(Lease + Returnable, Used - permits);

    private Instant OldestLeaves(Policy policy, Instant now)
    {
        var oldest = _releases?.First ?? Instant.Never;
        if ((!_spent.IsEmpty && !HaveSpentLeft) || IsReporting)
            oldest = Instant.Min(oldest, _spent.Oldest + policy.Window);
        if (_corrections is { OldestOverdraft: var overdrawn } && overdrawn != Instant.Never)
            oldest = Instant.Min(oldest, overdrawn + policy.Window);
        if (oldest == Instant.Never)
            return now;
        // What is being reported may leave before the answer is there. Rounded up to a second, it must still not be more
        // than a window ahead.
        return Instant.Min(Instant.Max(oldest, now), now + (policy.Window - AlmostASecond));
    }
}

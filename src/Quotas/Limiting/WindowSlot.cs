using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Limiting;

/// <summary>What fixed and sliding windows share: a lease in hand, sized by how fast it is spent.</summary>
internal abstract class WindowSlot : PolicySlot
{
    /// <summary>How long a lease should last, at least, at the rate at which permits are spent.</summary>
    private static readonly TimeSpan ShortestHorizon = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Where operations take long, because the store is far away or many instances write one row, leases last for so many
    /// of them: then there are the fewer operations, and the less they are in each other's way.
    /// </summary>
    private const int OperationsPerHorizon = 8;

    private static readonly TimeSpan LongestHorizon = TimeSpan.FromSeconds(10);

    /// <summary>And no longer than such a part of the window: what one holds another cannot sell.</summary>
    private const int HorizonsPerWindow = 12;

    /// <summary>The shortest time a rate is measured over, so that two requests at once are not taken for thousands a second.</summary>
    private static readonly TimeSpan ShortestMeasure = TimeSpan.FromMilliseconds(50);

    /// <summary>How far ahead refused callers' demand is served when permits come free: they would be spent at once.</summary>
    private static readonly TimeSpan RefusedHorizon = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Permits beyond those that requests wait for: then only the first request of a key waits for the ledger. They are given
    /// back unspent; docs/simulation.md says what they cost.
    /// </summary>
    private const int FewMore = 5;

    /// <summary>Until when what is not needed has been given back, beyond a horizon: quiet, seen to by the sweep, and told.</summary>
    private static readonly TimeSpan GivenBackWithin = TimeSpan.FromSeconds(2);

    /// <summary>Where others hold what may come back, a refused caller is told to come again so soon.</summary>
    protected static readonly TimeSpan ComesBackWithin = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan RecheckOthers = TimeSpan.FromMilliseconds(900);
    private static readonly TimeSpan FirstRecheck = TimeSpan.FromSeconds(1);
    private const int MostRecheckDoublings = 6;

    private int _lowWater;
    private int _spent;
    private int _refused;
    private float _permitsPerSecond;
    private byte _recheckDoublings;

    /// <summary>Sliding window: spent permits are on their way to the ledger. Here because it takes no space here.</summary>
    protected bool IsReporting { get; set; }

    /// <summary>Sliding window: the spent permits left the window before the ledger heard of them. Here likewise.</summary>
    protected bool HaveSpentLeft { get; set; }

    private Instant _askAgainAt;

    /// <summary>Permits that may be spent until <see cref="Expires"/>.</summary>
    protected int Lease { get; private set; }

    protected Instant Expires { get; set; } = Instant.Never;

    /// <summary>Permits that are no longer spent here: they go back with the next operation, or are on their way with this one.</summary>
    protected int Returnable { get; private set; }

    /// <summary>What the ledger counts as used, this instance's lease included; 0 as long as nothing was heard.</summary>
    protected int Used { get; set; }

    public override Availability Check(Policy policy, int permits, Instant now)
    {
        if (now >= Expires)
            Expire(policy, now);
        // The limit is the request's own: it may be lower than the one that the lease was granted under.
        var left = Left(policy, now);
        if (left >= permits || left + Burst(policy) >= permits)
            return Lease >= permits ? Availability.Granted : Availability.Unknown;
        return now >= _askAgainAt ? Availability.Unknown : Availability.Exhausted;
    }

    public override bool CheckAlone(Policy policy, int permits, Instant now)
    {
        if (now >= Expires)
            Expire(policy, now);
        return Left(policy, now) >= permits;
    }

    public override bool Spend(Policy policy, int permits, Instant now)
    {
        var leased = Math.Min(Lease, permits);
        Lease -= leased;
        _spent += permits;
        if (leased > 0)
            SpendLeased(policy, leased, now);
        if (permits > leased)
            Overdraw(policy, permits - leased, now);
        return Lease < _lowWater;
    }

    public override int InHand => Lease;

    public override void NoteRefusal() => _refused++;

    public override PolicyOperation? Compose(Policy policy, in Demand demand)
    {
        if (demand.Now >= Expires)
            Expire(policy, demand.Now);

        var horizon = Horizon(policy, demand.AnsweredIn);
        var forecast = Forecast(demand, horizon);
        // Permits in hand that a lowered limit no longer covers would be neither spent nor asked for, and who waits would wait on.
        if (demand.Quiet || (demand.Waiting > 0 && Left(policy, demand.Now) + Burst(policy) < Lease))
            ReturnAll();
        else if (demand.Waiting == 0)
            ReturnBeyond(Needed(demand, horizon));
        var need = Math.Max(0, demand.Waiting - Lease);
        var want = Math.Max(0, (need > 0 ? Math.Max(FewMore, forecast) : forecast) - Math.Max(0, Lease - demand.Waiting));
        var pressing = need > 0 ? Pressure(demand.Since) : 0;
        _refused = 0;

        if (need == 0 && want == 0 && Returnable == 0 && !HasNews)
            return null;

        var part = new PolicyOperation(policy)
        {
            Need = need,
            Pressing = pressing,
            Want = want,
            Returned = Returnable,
            Kept = Lease,
            LeaseFor = horizon + GivenBackWithin,
        };
        return Report(policy, part, demand);
    }

    public override void Complete(Policy policy, PolicyOperation part, PolicyResult result, in Answered answered)
    {
        GiveUp(part);
        Expires = LeaseEnd(answered, result.LeaseFor);
        Lease += result.Granted;
        Used = result.Used;
        _lowWater = result.Granted > part.Need + part.Pressing && result.Available > 0 ? Lease / 4 : 0;
        Absorb(policy, part, result, answered);

        _recheckDoublings = result.Granted >= part.Need
            ? (byte)0
            : (byte)Math.Min(_recheckDoublings + 1, MostRecheckDoublings);
        if (result.HeldByOthers > 0)
            _recheckDoublings = 0;
        var recheck = answered.Asked + (result.HeldByOthers > 0 ? RecheckOthers : FirstRecheck * (1 << _recheckDoublings) / 2);
        _askAgainAt = result.Available > 0 ? recheck : Instant.Min(recheck, FreeAt(policy, Lease + 1, answered.Asked));
    }

    /// <summary>What is leased, and what is to be given back, was never subtracted from the count that there is now.</summary>
    public void Void() => (Lease, Returnable) = (0, 0);

    public override void GiveUp(PolicyOperation part) => Returnable = Math.Max(0, Returnable - part.Returned);

    /// <summary>
    /// Permits are held for callers, not for this instance: a quiet partition keeps none, and one that is less busy than it
    /// was keeps no more than it needs, since others may be refused for them.
    /// </summary>
    public override Instant DueAt(Policy policy, in Activity activity)
    {
        if (Lease + Returnable == 0 && !OwesReport)
            return Instant.Never;
        var due = Instant.Min(Expires, activity.LastRequest + QuotaLimiter.QuietAfter);
        return Lease > 1 ? Instant.Min(due, activity.LastComposed + Horizon(policy, activity.AnsweredIn)) : due;
    }

    public override bool IsIdle(Instant now) => Lease + Returnable == 0 && !OwesReport;

    public override void ReturnAll()
    {
        Returnable += Lease;
        Lease = 0;
    }

    protected void Return(int permits) => Returnable += permits;

    /// <summary>Forgets permits that are counted no more, so that they can be neither spent nor given back.</summary>
    /// <param name="permits">How many; none where it is not above 0.</param>
    protected void Forfeit(int permits)
    {
        var returnable = Math.Clamp(permits, 0, Returnable);
        Returnable -= returnable;
        Lease -= Math.Clamp(permits - returnable, 0, Lease);
    }

    private void ReturnBeyond(int permits)
    {
        var beyond = Math.Max(0, Lease - permits);
        Lease -= beyond;
        Returnable += beyond;
    }

    /// <summary>Permits left of the limit, as far as this instance knows; negative where a lowered limit is overspent.</summary>
    protected abstract int Left(Policy policy, Instant now);

    /// <summary>What can be had beyond the limit.</summary>
    protected virtual int Burst(Policy policy) => 0;

    /// <summary>There is something to report, beyond permits to return, when an operation goes out anyway.</summary>
    protected abstract bool HasNews { get; }

    /// <summary>There is something that the ledger must hear of even if no other operation goes out.</summary>
    protected abstract bool OwesReport { get; }

    protected abstract void SpendLeased(Policy policy, int permits, Instant now);

    protected abstract void Overdraw(Policy policy, int permits, Instant now);

    protected abstract PolicyOperation Report(Policy policy, PolicyOperation part, in Demand demand);

    protected abstract void Absorb(Policy policy, PolicyOperation part, PolicyResult result, in Answered answered);

    /// <summary>When the lease ends, given for how long its newest permits may be spent.</summary>
    protected abstract Instant LeaseEnd(in Answered answered, TimeSpan newest);

    /// <summary>The lease's time is over.</summary>
    protected virtual void Expire(Policy policy, Instant now)
    {
        Returnable += Lease;
        Lease = 0;
        Expires = Instant.Never;
    }

    /// <summary>Nothing that was heard of the old window holds in the new one.</summary>
    protected void StartAnew()
    {
        (Lease, Returnable, Used) = (0, 0, 0);
        (Expires, _askAgainAt, _recheckDoublings) = (Instant.Never, default, 0);
    }

    protected static TimeSpan Horizon(Policy policy, TimeSpan answeredIn)
    {
        var longest = Math.Min(LongestHorizon.Ticks, policy.Window.Ticks / HorizonsPerWindow);
        return new(Math.Max(ShortestHorizon.Ticks, Math.Min(longest, OperationsPerHorizon * answeredIn.Ticks)));
    }

    // Rises at once and falls over a horizon: a lease too short costs every caller a wait, one too long is given back.
    private int Forecast(in Demand demand, TimeSpan horizon)
    {
        var measured = demand.Since < ShortestMeasure ? ShortestMeasure : demand.Since;
        var rate = (float)((_spent + Math.Max(0, demand.Waiting - Lease)) / measured.TotalSeconds);
        var weight = (float)Math.Min(1, measured / ShortestHorizon);
        _permitsPerSecond = Math.Max(rate, _permitsPerSecond + weight * (rate - _permitsPerSecond));
        // A partition's very first operation has nothing to forecast from.
        var forecast = demand.Quiet || _spent == 0 ? 0 : Math.Min(Policy.MaxLimit, _permitsPerSecond * horizon.TotalSeconds);
        _spent = 0;
        return (int)forecast;
    }

    // An operation of another policy, soon after the last, is no time to tell what the rate is.
    private int Needed(in Demand demand, TimeSpan horizon)
    {
        var needed = (int)Math.Min(Policy.MaxLimit, Math.Ceiling(_permitsPerSecond * horizon.TotalSeconds));
        return demand.Since >= ShortestHorizon / 2 ? Math.Max(1, needed) : Math.Max(FewMore, 2 * needed);
    }

    private int Pressure(TimeSpan since) =>
        (int)(_refused * Math.Min(1, RefusedHorizon / since));
}

using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Limiting;

internal sealed class ConcurrencySlot : PolicySlot
{
    /// <summary>Short at first, so that what a caller who came once leaves behind lapses by itself.</summary>
    private static readonly TimeSpan FirstLease = TimeSpan.FromSeconds(5);

    /// <summary>With <see cref="ConcurrencyCounter.ClockMargin"/>, a killed instance's permits are free again within 15 s.</summary>
    private static readonly TimeSpan RenewedLease = TimeSpan.FromSeconds(11);

    /// <summary>A refused caller comes back after 1 s and must find what came free meanwhile.</summary>
    private static readonly TimeSpan Recheck = TimeSpan.FromMilliseconds(900);

    private int _held;
    private int _taken;
    private int _released;
    private int _peak;
    private int _heldByOthers;
    private bool _scarce;
    private Instant _expires;
    private Instant _askAgainAt;
    private bool _renewed;

    public override Availability Check(Policy policy, int permits, Instant now)
    {
        if (now >= _expires)
            Lapse();
        if (InUse + permits <= policy.Limit - _heldByOthers)
            return InUse + permits <= _held ? Availability.Granted : Availability.Unknown;
        return now >= _askAgainAt ? Availability.Unknown : Availability.Exhausted;
    }

    public override bool CheckAlone(Policy policy, int permits, Instant now) =>
        InUse + permits <= policy.Limit - _heldByOthers;

    public override bool Spend(Policy policy, int permits, Instant now)
    {
        _taken += permits;
        _peak = Math.Max(_peak, InUse);
        return false;
    }

    /// <summary>A request that took permits is over. Needs no lock: every request passes here twice.</summary>
    public void Release(int permits) => Interlocked.Add(ref _released, permits);

    public override int InHand => Math.Max(0, _held - InUse);

    public override PolicyFigures Figures(Policy policy, Instant now) =>
        new(Math.Max(0, policy.Limit - _heldByOthers - InUse), now);

    public override Instant FreeAt(Policy policy, int permits, Instant now) => now;

    public override Instant DueAt(Policy policy, Instant lastRequest)
    {
        if (_scarce && _held > InUse)
            return Instant.Min(IdleUntil, _expires - Term / 2);
        if (InUse > 0)
            return _expires - Term / 2;
        // In steady use it is renewed before it lapses; in a quiet partition it may lapse.
        return _held > 0 && lastRequest + QuotaLimiter.QuietAfter > _expires - Term / 2 ? _expires - Term / 2 : Instant.Never;
    }

    public override PolicyOperation? Compose(Policy policy, in Demand demand)
    {
        if (demand.Now >= _expires)
            Lapse();

        var inUse = InUse;
        var kept = demand.Quiet ? inUse : Math.Max(inUse, Math.Min(_held, _peak));
        // Permits in hand that a lowered limit no longer covers: only the ledger can tell what it does cover.
        if (demand.Waiting > 0 && inUse + demand.Waiting > policy.Limit - _heldByOthers)
            kept = inUse;
        var need = Math.Max(0, inUse + demand.Waiting - kept);
        var renewal = kept > 0 && demand.Now >= _expires - Term / 2;
        if (need == 0 && kept == _held && !renewal)
        {
            if (_scarce && demand.Now >= IdleUntil)
                _peak = inUse;
            return null;
        }

        _renewed = _held > 0;
        // At once, and not when the answer comes: the ledger may lease to others what this operation gives up.
        _held = kept;
        var want = need > 0 && _peak > 0 ? _peak : 0;
        _peak = inUse;
        return new(policy) { Kept = kept, Need = need, Want = want, LeaseFor = Term };
    }

    public override void Complete(Policy policy, PolicyOperation part, PolicyResult result, in Answered answered)
    {
        _held = part.Kept + result.Granted;
        _heldByOthers = result.HeldByOthers;
        _scarce = result.Available < part.Policy.Limit / 2.0;
        // Who holds nothing still knows for a while what others hold, and need not ask for each request that it refuses.
        _expires = answered.Sent + (_held > 0 ? result.LeaseFor : FirstLease);
        // Whoever holds the whole limit need not ask whether there is more.
        _askAgainAt = _heldByOthers == 0 ? _expires : answered.Asked + Recheck;
    }

    public override bool IsIdle(Instant now) => InUse == 0 && (_held == 0 || now >= _expires);

    public override void ReturnAll() => _askAgainAt = default;

    // Both counts wrap around, their difference does not.
    private int InUse => unchecked(_taken - Volatile.Read(ref _released));

    // Others may be refused for what lies idle here: a second after the last operation it is time to give back what was not
    // in use since. Sooner would cost requests that come and go an operation each.
    private Instant IdleUntil => _expires - Term + QuotaLimiter.QuietAfter;

    private TimeSpan Term => _renewed ? RenewedLease : FirstLease;

    private void Lapse()
    {
        (_held, _heldByOthers, _scarce) = (0, 0, false);
        _askAgainAt = default;
        _renewed = false;
    }
}

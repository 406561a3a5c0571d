// A client that sends one request after the other never has two in flight, whatever instances serve it. So an idle permit
// must not be refused to another instance:
//
// - While less than half of the limit is held, idle permits stay where they are: there are others.
// - Where it is more, they go back. If no other instance is at work on the partition, after half a second, so that a caller
//   who comes back finds its permit; if one is, a moment after the request that used it is over.
// - An instance that gets none because others hold them asks again for a while before it refuses. Once that was in vain it
//   refuses at once for some seconds: then the permits are really in use.

using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Limiting;

internal sealed class ConcurrencySlot : PolicySlot
{
    /// <summary>Short at first, so that what a caller who came once leaves behind lapses by itself.</summary>
    private static readonly TimeSpan FirstLease = TimeSpan.FromSeconds(5);

    /// <summary>With <see cref="ConcurrencyCounter.ClockMargin"/>, a killed instance's permits are free again within 15 s.</summary>
    private static readonly TimeSpan RenewedLease = ConcurrencyCounter.LongestLease;

    /// <summary>A refused caller comes back after 1 s and must find what came free meanwhile.</summary>
    private static readonly TimeSpan Recheck = TimeSpan.FromMilliseconds(900);

    /// <summary>How long permits stay idle where they are scarce and nobody else is at work on the partition.</summary>
    private static readonly TimeSpan IdleFor = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a request waits for permits that others may be about to return: longer than that takes them.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(1500);

    /// <summary>After a wait that was in vain, requests are refused without one for so long.</summary>
    private static readonly TimeSpan Impatience = TimeSpan.FromSeconds(20);

    private int _held;
    private int _taken;
    private int _released;
    private int _peak;
    private int _heldByOthers;
    private bool _isScarce;
    private bool _areOthersActive;
    private bool _renewed;
    private volatile bool _listens;
    private Instant _expires;
    private Instant _askAgainAt;
    private Instant _patientUntil;

    /// <summary>Called after a release while somebody is interested in it.</summary>
    public Action? Released { get; set; }

    /// <summary>Whether <see cref="Released"/> should be set.</summary>
    public bool Listens => _listens;

    /// <summary>Idle permits are about to be returned.</summary>
    public bool IsReturning { get; set; }

    public override Availability Check(Policy policy, int permits, Instant now)
    {
        if (now >= _expires)
            Lapse();
        if (InUse + permits <= policy.Limit - _heldByOthers)
            return InUse + permits <= _held ? Availability.Granted : Availability.Unknown;
        return now >= _askAgainAt || AwaitsReturns(now) ? Availability.Unknown : Availability.Exhausted;
    }

    public override bool CheckAlone(Policy policy, int permits, Instant now) =>
        InUse + permits <= policy.Limit - _heldByOthers;

    public override bool AwaitsReturns(Instant now) => _heldByOthers > 0 && now < _patientUntil;

    public override bool Spend(Policy policy, int permits, Instant now)
    {
        _taken += permits;
        _peak = Math.Max(_peak, InUse);
        return false;
    }

    /// <summary>A request that took permits is over. Needs no lock: every request passes here twice.</summary>
    public void Release(int permits)
    {
        Interlocked.Add(ref _released, permits);
        if (_listens)
            Released?.Invoke();
    }

    public override int InHand => Math.Max(0, _held - InUse);

    public override PolicyFigures Figures(Policy policy, Instant now) =>
        new(Math.Max(0, policy.Limit - _heldByOthers - InUse), now);

    public override Instant FreeAt(Policy policy, int permits, Instant now) => now;

    public override Instant DueAt(Policy policy, in Activity activity)
    {
        var halfway = _expires - Term / 2;
        if (_isScarce && _held > InUse)
            return Instant.Min(IdleUntil, halfway);
        if (InUse > 0)
            return halfway;
        // In steady use it is renewed before it lapses; in a quiet partition it may lapse.
        return _held > 0 && activity.LastRequest + QuotaLimiter.QuietAfter > halfway ? halfway : Instant.Never;
    }

    /// <summary>
    /// Idle permits are scarce and others are at work: they go back unless they are in use again within a moment.
    /// </summary>
    /// <returns>Whether that moment begins now.</returns>
    public bool TryBeginReturn()
    {
        if (IsReturning || !ReturnsAtOnce || _held <= InUse)
            return false;
        _peak = InUse;
        return IsReturning = true;
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
            if (_isScarce && demand.Now >= IdleUntil)
                _peak = inUse;
            return null;
        }

        _renewed = _held > 0;
        // At once, and not when the answer comes: the ledger may lease to others what this operation gives up.
        _held = kept;
        var want = need > 0 && _peak > 0 && !ReturnsAtOnce ? _peak : 0;
        _peak = inUse;
        return new(policy) { Kept = kept, Need = need, Want = want, LeaseFor = Term };
    }

    public override void Complete(Policy policy, PolicyOperation part, PolicyResult result, in Answered answered)
    {
        _held = part.Kept + result.Granted;
        _heldByOthers = result.HeldByOthers;
        _areOthersActive = answered.AreOthersActive;
        _isScarce = result.Available < part.Policy.Limit / 2.0;
        // Who holds nothing still knows for a while what others hold, and need not ask for each request that it refuses.
        _expires = answered.Sent + (_held > 0 ? result.LeaseFor : FirstLease);
        // An instance that holds the whole limit need not ask whether there is more.
        _askAgainAt = _heldByOthers == 0 ? _expires : answered.Asked + Recheck;
        BePatient(lacks: result.Granted < part.Need, answered.Received);
        _listens = ReturnsAtOnce || AwaitsReturns(answered.Received);
    }

    public override bool IsIdle(Instant now) => InUse == 0 && (_held == 0 || now >= _expires);

    public override void ReturnAll() => _askAgainAt = default;

    private void BePatient(bool lacks, Instant now)
    {
        if (!lacks || _heldByOthers == 0)
            _patientUntil = default;
        else if (now > _patientUntil + Impatience)
            _patientUntil = now + Patience;
    }

    private bool ReturnsAtOnce => _isScarce && _areOthersActive;

    // Both counts wrap around, their difference does not.
    private int InUse => unchecked(_taken - Volatile.Read(ref _released));

    private Instant IdleUntil => _expires - Term + IdleFor;

    private TimeSpan Term => _renewed ? RenewedLease : FirstLease;

    private void Lapse()
    {
        (_held, _heldByOthers, _isScarce, _areOthersActive, _listens) = (0, 0, false, false, false);
        _askAgainAt = default;
        _renewed = false;
    }
}

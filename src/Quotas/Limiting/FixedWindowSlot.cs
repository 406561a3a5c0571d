using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Limiting;

internal sealed class FixedWindowSlot : WindowSlot
{
    /// <summary>As the entity names it, in Unix time: windows end at whole seconds. 0 where nothing was heard.</summary>
    private uint _windowEnd;
    /// <summary>When the window or its burst ends by this clock, which may be late: what is in hand is spent until <see cref="WindowSlot.Expires"/>.</summary>
    private Instant _end;
    private int _burst;
    private bool _isBurstOpen;
    private int _heldByOthers;
    private int _overdrawn;
    // Still set when the next operation is composed where this one was given up: then it is told again.
    private int _overdrawnInFlight;

    public override PolicyFigures Figures(Policy policy, Instant now)
    {
        var left = Math.Max(0, Left(policy, now) + (_isBurstOpen ? Burst(policy) : 0) + _heldByOthers);
        return WindowEnd > now ? new(left, _windowEnd) : new(left, policy.WindowEnd(now));
    }

    public override BurstState BurstAt(Policy policy, Instant now) =>
        policy.Burst is null ? BurstState.None
        : _isBurstOpen ? BurstState.Open
        : WindowEnd > now && _burst == 0 ? BurstState.Over
        : BurstState.Unused;

    public override Instant FreeAt(Policy policy, int permits, Instant now) =>
        permits <= Left(policy, now) + _heldByOthers ? Instant.Min(Reset(policy, now), now + ComesBackWithin) : Reset(policy, now);

    /// <summary>The permits are there now for a burst's sake alone, and it is over then.</summary>
    public bool NeedsBurst(Policy policy, int permits, Instant now, Instant then) => then >= Expires && Left(policy, now) < permits;

    public override bool Refund(Policy policy, int permits, Instant spentAt, Instant now)
    {
        if (now >= Expires)
            Expire(policy, now);
        if (WindowEnd <= now || spentAt < WindowEnd - policy.Window)
            return false;
        Return(permits);
        return true;
    }

    public override void Complete(Policy policy, PolicyOperation part, PolicyResult result, in Answered answered)
    {
        // What was overdrawn since belongs to the next window already, and what is answered ended with its own.
        // A window that is yet to come was named by a clock that was wrong.
        if (WindowEnd > result.Reset && WindowEnd - policy.Window <= answered.Received)
            return;
        // The operation was applied in a later window: after an outage, or because another instance's clock is ahead.
        if (WindowEnd != result.Reset)
            Expire(policy, Instant.Max(WindowEnd, result.Reset));
        base.Complete(policy, part, result, answered);
    }

    // The limit may have been lowered since the ledger said it.
    protected override int Burst(Policy policy) => Math.Min(_burst, policy.Ceiling - policy.Limit);

    protected override bool HasNews => _overdrawn + _overdrawnInFlight > 0;

    protected override bool OwesReport => HasNews;

    protected override int Left(Policy policy, Instant now) =>
        policy.Limit - Used + Lease + Returnable - _overdrawn - _overdrawnInFlight;

    protected override void SpendLeased(Policy policy, int permits, Instant now)
    {
    }

    protected override void Overdraw(Policy policy, int permits, Instant now)
    {
        _overdrawn += permits;
        // The slot must notice the window's end without a lease too.
        Expires = _end = Reset(policy, now);
        _windowEnd = (uint)_end.UnixSeconds;
    }

    protected override PolicyOperation Report(Policy policy, PolicyOperation part, in Demand demand)
    {
        _overdrawnInFlight += _overdrawn;
        _overdrawn = 0;
        return part with
        {
            WindowEnd = WindowEnd,
            Overdrawn = _overdrawnInFlight > 0 ? [new(TimeSpan.Zero, _overdrawnInFlight)] : [],
        };
    }

    protected override void Absorb(Policy policy, PolicyOperation part, PolicyResult result, in Answered answered)
    {
        _overdrawnInFlight = 0;
        _windowEnd = (uint)result.Reset.UnixSeconds;
        _burst = Math.Max(0, result.Capacity - part.Policy.Limit);
        _isBurstOpen = result.IsBurstOpen;
        _heldByOthers = result.HeldByOthers;
    }

    // In the last moments, when the window may be over by the true time, only what was just answered is spent: then the ledger,
    // which may know better, is asked for each request.
    protected override Instant LeaseEnd(in Answered answered, TimeSpan newest)
    {
        _end = answered.Sent + newest;
        return Instant.Min(_end, Instant.Max(_end - answered.Uncertainty, new(answered.Received.Ticks + 1)));
    }

    protected override void Expire(Policy policy, Instant now)
    {
        if (now < WindowEnd)
        {
            // A burst ended, or something may have.
            base.Expire(policy, now);
            if (now >= _end)
                (_burst, _isBurstOpen, _end) = (0, false, WindowEnd);
            Expires = _end;
            return;
        }
        StartAnew();
        (_windowEnd, _burst, _overdrawn, _overdrawnInFlight) = (0, 0, 0, 0);
        (_isBurstOpen, _heldByOthers) = (false, 0);
    }

    private Instant WindowEnd => Instant.FromUnixSeconds(_windowEnd);

    private Instant Reset(Policy policy, Instant now) => WindowEnd > now ? WindowEnd : policy.WindowEnd(now);
}

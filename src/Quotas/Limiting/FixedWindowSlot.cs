using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Limiting;

internal sealed class FixedWindowSlot : WindowSlot
{
    /// <summary>As the entity names it, in Unix time: windows end at whole seconds. 0 where nothing was heard.</summary>
    private uint _windowEnd;
    private int _burst;
    private int _overdrawn;
    // Still set when the next operation is composed where this one was given up: then it is told again.
    private int _overdrawnInFlight;

    public override PolicyFigures Figures(Policy policy, Instant now)
    {
        var left = Math.Max(0, Left(policy, now));
        return WindowEnd > now ? new(left, _windowEnd) : new(left, EndOfWindow(policy, now));
    }

    public override Instant FreeAt(Policy policy, int permits, Instant now) => Reset(policy, now);

    public override void Complete(Policy policy, PolicyOperation part, PolicyResult result, in Answered answered)
    {
        // What was overdrawn since belongs to the next window already, and what is answered ended with its own.
        if (WindowEnd > result.Reset)
            return;
        // The operation was applied in a later window: after an outage, or because another instance's clock is ahead.
        if (WindowEnd < result.Reset)
            Expire(policy, result.Reset);
        base.Complete(policy, part, result, answered);
    }

    protected override int Burst => _burst;

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
        Expires = Reset(policy, now);
        _windowEnd = (uint)Expires.UnixSeconds;
    }

    protected override PolicyOperation Report(Policy policy, PolicyOperation part, Instant now)
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
        _burst = result.Capacity - part.Policy.Limit;
    }

    protected override Instant LeaseEnd(Instant newest) => newest;

    protected override void Expire(Policy policy, Instant now)
    {
        if (now < WindowEnd)
        {
            // A burst ended, not the window.
            base.Expire(policy, now);
            Expires = WindowEnd;
            return;
        }
        StartAnew();
        (_windowEnd, _burst, _overdrawn, _overdrawnInFlight) = (0, 0, 0, 0);
    }

    private Instant WindowEnd => Instant.FromUnixSeconds(_windowEnd);

    private Instant Reset(Policy policy, Instant now) => WindowEnd > now ? WindowEnd : EndOfWindow(policy, now);

    private static Instant EndOfWindow(Policy policy, Instant now) =>
        new Instant(now.Ticks - now.Ticks % policy.Window.Ticks) + policy.Window;
}

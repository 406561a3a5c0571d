using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Limiting;

internal sealed class FixedWindowSlot : WindowSlot
{
    /// <summary>As the entity names it; default where nothing was heard.</summary>
    private Instant _windowEnd;
    private int _burst;
    private int _overdrawn;
    private int _overdrawnInFlight;

    public override PolicyFigures Figures(Policy policy, Instant now) =>
        new(Math.Max(0, Left(policy, now)), Reset(policy, now));

    public override Instant FreeAt(Policy policy, int permits, Instant now) => Reset(policy, now);

    protected override int Burst => _burst;

    protected override bool HasNews => _overdrawn > 0;

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
        Expires = _windowEnd = Reset(policy, now);
    }

    protected override PolicyOperation Report(Policy policy, PolicyOperation part, Instant now)
    {
        part = part with
        {
            WindowEnd = _windowEnd,
            Overdrawn = _overdrawn > 0 ? [new(TimeSpan.Zero, _overdrawn)] : [],
        };
        _overdrawnInFlight = _overdrawn;
        _overdrawn = 0;
        return part;
    }

    protected override void Absorb(Policy policy, PolicyOperation part, PolicyResult result, in Answered answered)
    {
        _overdrawnInFlight = 0;
        _windowEnd = result.Reset;
        _burst = result.Capacity - part.Policy.Limit;
    }

    protected override Instant LeaseEnd(Instant newest) => newest;

    protected override void Expire(Policy policy, Instant now)
    {
        if (now < _windowEnd)
        {
            // A burst ended, not the window.
            base.Expire(policy, now);
            Expires = _windowEnd;
            return;
        }
        StartAnew();
        (_windowEnd, _burst, _overdrawn, _overdrawnInFlight) = (default, 0, 0, 0);
    }

    private Instant Reset(Policy policy, Instant now) => _windowEnd > now ? _windowEnd : EndOfWindow(policy, now);

    private static Instant EndOfWindow(Policy policy, Instant now) =>
        new Instant(now.Ticks - now.Ticks % policy.Window.Ticks) + policy.Window;
}

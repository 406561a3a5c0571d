namespace FunctionsApi.Tests;

/// <summary>Begins at the time that the contracts' files show.</summary>
internal sealed class ManualTime(DateTimeOffset start) : Quotas.Tests.ManualTime(start)
{
    public ManualTime() : this(new(2026, 2, 27, 9, 30, 0, TimeSpan.Zero))
    {
    }

    /// <summary>Sets the clock, backwards as well; no time passes, and no timer goes off.</summary>
    public void SetTo(DateTimeOffset time) => SetClock(time - GetUtcNow());
}

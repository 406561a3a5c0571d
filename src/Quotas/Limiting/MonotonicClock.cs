namespace FunctionsApi.Quotas.Limiting;

/// <summary>
/// UTC that never runs backwards. Between synchronisations it runs by the machine's monotonic timer, which also costs half
/// of reading UTC; at each it jumps forward to UTC. Where UTC was set back it goes on from where it was, a little slower,
/// until UTC has caught up: windows that were open stay open, and none opens twice.
/// </summary>
internal sealed class MonotonicClock
{
    private const double Slower = 0.99;

    /// <summary>Longer than any system lets its coarse clock lag behind: 15.6 ms on Windows, 1 to 10 ms on Linux.</summary>
    private static readonly TimeSpan CoarseLag = TimeSpan.FromMilliseconds(20);

    private readonly TimeProvider _time;
    private readonly Anchor _first;
    private Anchor _anchor;

    public MonotonicClock(TimeProvider time)
    {
        _time = time;
        _first = _anchor = new(
            time.GetTimestamp(), Environment.TickCount64, time.GetUtcNow().UtcTicks, (double)TimeSpan.TicksPerSecond / time.TimestampFrequency);
    }

    public Instant Now => At(Volatile.Read(ref _anchor));

    /// <summary>For how long something took: it follows nobody who sets UTC, and may be as wrong as that was at first.</summary>
    public Instant Steady => At(_first);

    /// <summary>
    /// Never before <see cref="Now"/> and up to 40 ms after it, for a fifth of its cost, which is a quarter of a decision's:
    /// good enough to say yes by, since a permit spent later than it was errs to the safe side.
    /// </summary>
    public Instant Ahead
    {
        get
        {
            if (_time != TimeProvider.System)
                return Now;
            var anchor = Volatile.Read(ref _anchor);
            return new(anchor.At + (Environment.TickCount64 - anchor.Tick) * TimeSpan.TicksPerMillisecond + CoarseLag.Ticks);
        }
    }

    /// <summary>Follows UTC; to be called about every second.</summary>
    public void Synchronise()
    {
        var timestamp = _time.GetTimestamp();
        var now = Now.Ticks;
        var utc = _time.GetUtcNow().UtcTicks;
        var ticksPerTimestamp = (double)TimeSpan.TicksPerSecond / _time.TimestampFrequency;
        Volatile.Write(ref _anchor, new(
            timestamp, Environment.TickCount64, Math.Max(now, utc), utc < now ? ticksPerTimestamp * Slower : ticksPerTimestamp));
    }

    private Instant At(Anchor anchor) =>
        new(anchor.At + (long)((_time.GetTimestamp() - anchor.Timestamp) * anchor.TicksPerTimestamp));

    private sealed record Anchor(long Timestamp, long Tick, long At, double TicksPerTimestamp);
}

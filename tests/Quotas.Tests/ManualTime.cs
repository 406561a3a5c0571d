namespace FunctionsApi.Quotas.Tests;

/// <summary>
/// Time that passes when a test says so. Timers fire on the test's own thread, one after the other; making, changing and
/// stopping them is safe from any. It is not <c>FakeTimeProvider</c> because a process that is killed is a timer that goes off no more.
/// </summary>
#pragma warning disable CA1852 // The clock of FunctionsApi.Tests derives from it.
internal class ManualTime(DateTimeOffset start) : TimeProvider
#pragma warning restore CA1852
{
    private readonly Lock _lock = new();
    private readonly List<Timer> _timers = [];
    private long _timestamp;
    private long _utcTicks = start.UtcTicks;

    public ManualTime() : this(new(2026, 3, 1, 14, 0, 0, TimeSpan.Zero))
    {
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _timestamp);

    public override DateTimeOffset GetUtcNow() => new(Volatile.Read(ref _utcTicks), TimeSpan.Zero);

    public Instant Now => Instant.From(GetUtcNow());

    /// <summary>Someone sets the clock; no time passes.</summary>
    public void SetClock(TimeSpan by) => Interlocked.Add(ref _utcTicks, by.Ticks);

    public void Advance(TimeSpan by)
    {
        var end = _timestamp + by.Ticks;
        while (NextUntil(end) is { } next)
            next();
        MoveTo(end);
    }

    public void Advance(double seconds) => Advance(TimeSpan.FromSeconds(seconds));

    /// <summary>Ends the timer that was made first, as if its process had died: it never fires again.</summary>
    public void StopFirstTimer()
    {
        lock (_lock)
            _timers.RemoveAt(0);
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private Action? NextUntil(long end)
    {
        lock (_lock)
        {
            var next = _timers.Where(timer => timer.DueAt <= end).MinBy(timer => timer.DueAt);
            if (next is null)
                return null;
            MoveTo(Math.Max(_timestamp, next.DueAt));
            next.Schedule_NeedsLock();
            return next.Callback;
        }
    }

    private void MoveTo(long timestamp)
    {
        Interlocked.Add(ref _utcTicks, timestamp - _timestamp);
        Volatile.Write(ref _timestamp, timestamp);
    }

    private sealed class Timer(ManualTime time, Action callback) : ITimer
    {
        private TimeSpan _period;

        public long DueAt { get; private set; }

        public Action Callback => callback;

        public void Schedule_NeedsLock()
        {
            if (_period > TimeSpan.Zero)
                DueAt += _period.Ticks;
            else
                time._timers.Remove(this);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                time._timers.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan)
                    return true;
                (DueAt, _period) = (time._timestamp + dueTime.Ticks, period);
                time._timers.Add(this);
                return true;
            }
        }

        public void Dispose()
        {
            lock (time._lock)
                time._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

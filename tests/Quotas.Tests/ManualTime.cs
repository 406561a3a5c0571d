namespace FunctionsApi.Quotas.Tests;

/// <summary>Time that passes when a test says so; timers fire on the test's own thread.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly List<Timer> _timers = [];
    private long _timestamp;
    private DateTimeOffset _utc = new(2026, 3, 1, 14, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _timestamp;

    public override DateTimeOffset GetUtcNow() => _utc;

    public Instant Now => Instant.From(_utc);

    /// <summary>Someone sets the clock; no time passes.</summary>
    public void SetClock(TimeSpan by) => _utc += by;

    public void Advance(TimeSpan by)
    {
        var end = _timestamp + by.Ticks;
        while (_timers.Where(timer => timer.DueAt <= end).MinBy(timer => timer.DueAt) is { } next)
        {
            MoveTo(Math.Max(_timestamp, next.DueAt));
            next.Fire();
        }
        MoveTo(end);
    }

    public void Advance(double seconds) => Advance(TimeSpan.FromSeconds(seconds));

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private void MoveTo(long timestamp)
    {
        _utc += new TimeSpan(timestamp - _timestamp);
        _timestamp = timestamp;
    }

    private sealed class Timer(ManualTime time, Action callback) : ITimer
    {
        private TimeSpan _period;

        public long DueAt { get; private set; }

        public void Fire()
        {
            if (_period > TimeSpan.Zero)
                DueAt += _period.Ticks;
            else
                time._timers.Remove(this);
            callback();
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            time._timers.Remove(this);
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                (DueAt, _period) = (time._timestamp + dueTime.Ticks, period);
                time._timers.Add(this);
            }
            return true;
        }

        public void Dispose() => time._timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

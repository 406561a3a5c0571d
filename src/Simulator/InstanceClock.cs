namespace FunctionsApi.Simulator;

/// <summary>What one instance takes for the time: its UTC may be wrong and be set; its timers and its monotonic clock are right.</summary>
internal sealed class InstanceClock(Timeline timeline, InstanceThread thread) : TimeProvider
{
    /// <summary>How far its UTC is ahead of the true time.</summary>
    public TimeSpan Skew { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => (timeline.Now + Skew).ToDateTimeOffset();

    public override long GetTimestamp() => timeline.Now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(InstanceClock clock, TimerCallback callback, object? state) : ITimer
    {
        private Ring? _next;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Dispose();
            if (dueTime >= TimeSpan.Zero)
                Plan(_next = new() { Timer = this, Period = period }, dueTime);
            return true;
        }

        // What was planned stays planned, but keeps nothing alive: most timers are timeouts that never go off.
        public void Dispose()
        {
            _next?.Timer = null;
            _next = null;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Plan(Ring ring, TimeSpan dueTime) =>
            clock.Plan(dueTime, static ring => ((Ring)ring!).Timer?.Fire((Ring)ring), ring);

        private void Fire(Ring ring)
        {
            if (ring.Period > TimeSpan.Zero)
                Plan(ring, ring.Period);
            callback(state);
        }
    }

    private sealed class Ring
    {
        /// <summary>Null once that was changed or stopped.</summary>
        public Timer? Timer { get; set; }

        public required TimeSpan Period { get; init; }
    }

    private void Plan(TimeSpan dueTime, SendOrPostCallback callback, object? state) =>
        timeline.Plan(timeline.Now + dueTime, thread, callback, state);
}

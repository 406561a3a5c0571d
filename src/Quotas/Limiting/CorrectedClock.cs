// Instances' clocks are not trusted. What an operation is dated by is the store's time, which every answer of a store tells
// more or less exactly:
//
//   the machine's steady timer  ──────┬───────────────────┬──────>
//                                    sent              received
//   the store's time                    earliest..latest
//
// So the store's time is ahead of the timer by no less than earliest - received and by no more than latest - sent. Each
// sample narrows these bounds; between samples they drift apart by what a quartz may be wrong. The clock shows the lower
// bound, which never is ahead of the store's time, and says how much later it may be.

namespace FunctionsApi.Quotas.Limiting;

/// <summary>What a store said about its time.</summary>
/// <param name="Earliest">The earliest that it may have been.</param>
/// <param name="Latest">The latest: a second later where whole seconds were told, the same where it was told exactly.</param>
/// <param name="Sent">The local timestamp (<see cref="TimeProvider.GetTimestamp"/>) from before the store was asked.</param>
/// <param name="Received">And from when its answer was there.</param>
public readonly record struct StoreTimeSample(Instant Earliest, Instant Latest, long Sent, long Received);

/// <summary>
/// The one time of all instances, as one of them knows it: UTC that never runs backwards. It runs by the machine's steady
/// timer, and is corrected by what the store says; as long as no store said anything, by the machine's own UTC. Safe for
/// any number of threads.
/// </summary>
public sealed class CorrectedClock
{
    private const double Slower = 0.99;

    /// <summary>By how much timers of two machines may drift apart, at most.</summary>
    private const double Drift = 100e-6;

    /// <summary>The machine's UTC jumped, or the machine slept, where it and the steady timer went apart by more.</summary>
    private static readonly TimeSpan Jump = TimeSpan.FromSeconds(1);

    /// <summary>Longer than any system lets its coarse clock lag behind: 15.6 ms on Windows, 1 to 10 ms on Linux.</summary>
    private static readonly TimeSpan CoarseLag = TimeSpan.FromMilliseconds(20);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly Func<StoreTimeSample?>? _store;
    private readonly double _ticksPerTimestamp;
    private readonly Anchor _first;
    private Anchor _anchor;
    private Bounds? _bounds;
    private volatile ClockSteps _steps;
    private TimeSpan _aheadOfSteady;
    private volatile bool _isInDoubt;
    private long _inDoubtSince;
    private bool _saidOff;

    /// <param name="time">The machine's clocks and its steady timer.</param>
    /// <param name="store">What the store said last, in this process, about its time; asks nobody. Null where no store tells it.</param>
    public CorrectedClock(TimeProvider time, Func<StoreTimeSample?>? store = null)
    {
        (_time, _store) = (time, store);
        _ticksPerTimestamp = (double)TimeSpan.TicksPerSecond / time.TimestampFrequency;
        _first = _anchor = new(time.GetTimestamp(), Environment.TickCount64, time.GetUtcNow().UtcTicks, _ticksPerTimestamp);
        _aheadOfSteady = Instant.From(time.GetUtcNow()) - Steady;
        _steps = ClockSteps.None.Note(new(_first.At), TimeSpan.Zero);
        if (store?.Invoke() is { } sample)
            Observe(sample);
    }

    /// <summary>The store's time, or up to <see cref="Uncertainty"/> before it.</summary>
    public Instant Now => At(Volatile.Read(ref _anchor));

    /// <summary>For how long something took: it follows nobody, and may be as wrong as the machine's UTC was at first.</summary>
    public Instant Steady => At(_first);

    /// <summary>
    /// Never before <see cref="Now"/> and up to 40 ms after it, for a fifth of its cost, which is a quarter of a decision's:
    /// good enough to say yes by, since a permit that is dated late is held longer and not sold twice.
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

    /// <summary>How much later than <see cref="Now"/> it may really be.</summary>
    public TimeSpan Uncertainty
    {
        get
        {
            lock (_lock)
                return _bounds is { } bounds ? bounds.WidthAt(_time.GetTimestamp(), _ticksPerTimestamp) : TimeSpan.Zero;
        }
    }

    /// <summary>How it was put forward so far, as it came to know the store's time better.</summary>
    internal ClockSteps Steps => _steps;

    /// <summary>
    /// The machine slept or its UTC was set since the store last told its time: nothing can be dated until it does again.
    /// </summary>
    public bool IsInDoubt => _isInDoubt;

    /// <summary>Called when the clock comes into doubt: somebody should ask the store.</summary>
    public Action? Doubted { get; set; }

    /// <summary>Called once, where the machine's UTC is found to be off by more than a second: by how much it is ahead.</summary>
    public Action<TimeSpan>? FoundOff { get; set; }

    /// <summary>Takes in what a store said. From the first sample on the machine's own UTC counts for nothing.</summary>
    public void Observe(in StoreTimeSample sample)
    {
        TimeSpan off;
        bool tells;
        lock (_lock)
        {
            // From before it came into doubt it says nothing of now.
            if (_isInDoubt && sample.Sent < _inDoubtSince)
                return;
            var told = Bounds.From(sample, _ticksPerTimestamp);
            // Nothing has been dated yet, and no lease runs by what it shows: it need not be ahead for a moment.
            var isFirst = _bounds is null;
            // Bounds that contradict: the machine slept, or the store's time was set. What it says now counts.
            _bounds = !_isInDoubt && _bounds?.Narrowed(told, _ticksPerTimestamp) is { } narrowed ? narrowed : told;
            _isInDoubt = false;
            Follow_NeedsLock(isFirst ? TimeSpan.Zero : Jump);
            off = Instant.From(_time.GetUtcNow()) - Now;
            _aheadOfSteady = Instant.From(_time.GetUtcNow()) - Steady;
            tells = !_saidOff && (off > Uncertainty + Jump || off < -Jump);
            _saidOff |= tells;
        }
        if (tells)
            FoundOff?.Invoke(off);
    }

    /// <summary>Sets the clock by what is known; to be called a few times a second.</summary>
    public void Synchronise()
    {
        var cameIntoDoubt = false;
        lock (_lock)
        {
            var utc = Instant.From(_time.GetUtcNow());
            if (_bounds is not null && (utc - Steady - _aheadOfSteady).Duration() > Jump)
            {
                (cameIntoDoubt, _isInDoubt, _inDoubtSince) = (!_isInDoubt, true, _time.GetTimestamp());
                _aheadOfSteady = utc - Steady;
            }
            if (_bounds is null)
                Anchor_NeedsLock(utc.Ticks, jumpsBackFrom: TimeSpan.MaxValue);
            else
                Follow_NeedsLock(Jump);
        }
        if (_store?.Invoke() is { } sample)
            Observe(sample);
        if (cameIntoDoubt && IsInDoubt)
            Doubted?.Invoke();
    }

    private void Follow_NeedsLock(TimeSpan jumpsBackFrom) =>
        Anchor_NeedsLock(_bounds!.Value.LowerAt(_time.GetTimestamp(), _ticksPerTimestamp).Ticks, jumpsBackFrom);

    // A clock that was ahead goes slower until it is right, unless that would take minutes: what it dated so far is healed
    // by the entities, and what it would date from now on would not be.
    private void Anchor_NeedsLock(long target, TimeSpan jumpsBackFrom)
    {
        var now = Now.Ticks;
        var jumpsBack = now - target > jumpsBackFrom.Ticks;
        var shown = jumpsBack ? target : Math.Max(now, target);
        _steps = _steps.Note(new(shown), new(shown - Steady.Ticks));
        Volatile.Write(ref _anchor, new(
            _time.GetTimestamp(), Environment.TickCount64, shown,
            !jumpsBack && target < now ? _ticksPerTimestamp * Slower : _ticksPerTimestamp));
    }

    private Instant At(Anchor anchor) =>
        new(anchor.At + (long)((_time.GetTimestamp() - anchor.Timestamp) * anchor.TicksPerTimestamp));

    private sealed record Anchor(long Timestamp, long Tick, long At, double TicksPerTimestamp);

    /// <summary>What the store's time was at least and at most when the timer showed a timestamp.</summary>
    private readonly record struct Bounds(long Timestamp, Instant Lower, Instant Upper)
    {
        public static Bounds From(in StoreTimeSample sample, double ticksPerTimestamp) => new(
            sample.Received, sample.Earliest,
            sample.Latest + new TimeSpan((long)((sample.Received - sample.Sent) * ticksPerTimestamp)));

        public Instant LowerAt(long timestamp, double ticksPerTimestamp) =>
            new(Lower.Ticks + (long)((timestamp - Timestamp) * ticksPerTimestamp * (1 - Drift)));

        public TimeSpan WidthAt(long timestamp, double ticksPerTimestamp) =>
            Upper - Lower + new TimeSpan((long)(Math.Abs(timestamp - Timestamp) * ticksPerTimestamp * 2 * Drift));

        /// <returns>Null where they contradict each other.</returns>
        public Bounds? Narrowed(in Bounds told, double ticksPerTimestamp)
        {
            var lower = LowerAt(told.Timestamp, ticksPerTimestamp);
            var upper = lower + WidthAt(told.Timestamp, ticksPerTimestamp);
            var both = new Bounds(told.Timestamp, Instant.Max(lower, told.Lower), Instant.Min(upper, told.Upper));
            return both.Lower <= both.Upper ? both : null;
        }
    }
}

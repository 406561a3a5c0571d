namespace FunctionsApi.Quotas;

/// <summary>
/// A point in time, UTC, to 100 ns: what <see cref="DateTimeOffset"/> says in half its 16 bytes, because a busy
/// instance remembers millions of them and compares several for every request.
/// </summary>
/// <param name="Ticks">100 ns units since 0001-01-01 UTC, as <see cref="DateTime.Ticks"/>.</param>
public readonly record struct Instant(long Ticks) : IComparable<Instant>
{
    public static Instant Never { get; } = new(long.MaxValue);

    /// <summary>Unix time in whole seconds, rounded down.</summary>
    public long UnixSeconds => (Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond;

    /// <summary>Unix time in whole seconds, rounded up: the first whole second at which this instant has passed.</summary>
    public long UnixSecondsCeiling => (Ticks - DateTime.UnixEpoch.Ticks + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond;

    /// <summary>The first whole millisecond that is not before it.</summary>
    public Instant MillisecondCeiling =>
        new((Ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond * TimeSpan.TicksPerMillisecond);

    /// <summary>The last whole millisecond that is not after it.</summary>
    public Instant MillisecondFloor => new(Ticks - Ticks % TimeSpan.TicksPerMillisecond);

    public static Instant From(DateTimeOffset time) => new(time.UtcTicks);

    public static Instant FromUnixSeconds(long seconds) => new(DateTime.UnixEpoch.Ticks + seconds * TimeSpan.TicksPerSecond);

    public static Instant Max(Instant a, Instant b) => a.Ticks >= b.Ticks ? a : b;

    public static Instant Min(Instant a, Instant b) => a.Ticks <= b.Ticks ? a : b;

    public DateTimeOffset ToDateTimeOffset() => new(Ticks, TimeSpan.Zero);

    public int CompareTo(Instant other) => Ticks.CompareTo(other.Ticks);

    public override string ToString() => ToDateTimeOffset().ToString("O");

    public static Instant operator +(Instant instant, TimeSpan span) => new(instant.Ticks + span.Ticks);

    public static Instant operator -(Instant instant, TimeSpan span) => new(instant.Ticks - span.Ticks);

    public static TimeSpan operator -(Instant a, Instant b) => new(a.Ticks - b.Ticks);

    public static bool operator <(Instant a, Instant b) => a.Ticks < b.Ticks;

    public static bool operator >(Instant a, Instant b) => a.Ticks > b.Ticks;

    public static bool operator <=(Instant a, Instant b) => a.Ticks <= b.Ticks;

    public static bool operator >=(Instant a, Instant b) => a.Ticks >= b.Ticks;
}

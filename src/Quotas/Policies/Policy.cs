namespace FunctionsApi.Quotas.Policies;

/// <summary>How a policy counts.</summary>
public enum Algorithm
{
    /// <summary>Windows of one length, one after the other, aligned to UTC; each starts with the whole limit.</summary>
    FixedWindow,

    /// <summary>At most the limit in any stretch of time as long as the window.</summary>
    SlidingWindow,

    /// <summary>At most the limit in flight at once, over all instances.</summary>
    Concurrency,
}

public static class Algorithms
{
    /// <summary>The algorithm's name in plan files, answers and on the command line.</summary>
    public static string Name(this Algorithm algorithm) => algorithm switch
    {
        Algorithm.FixedWindow => "fixed-window",
        Algorithm.SlidingWindow => "sliding-window",
        Algorithm.Concurrency => "concurrency",
        _ => throw new ArgumentOutOfRangeException(nameof(algorithm), algorithm, "Not an algorithm."),
    };
}

/// <summary>One limit of one plan, as it holds for one tenant.</summary>
public sealed record Policy
{
    /// <summary>The highest limit that a plan may set.</summary>
    public const int MaxLimit = 1_000_000_000;

    /// <summary>The longest window that a plan may set.</summary>
    public static readonly TimeSpan LongestWindow = TimeSpan.FromDays(31);

    /// <summary>The longest window of <see cref="Algorithm.SlidingWindow"/>.</summary>
    public static readonly TimeSpan LongestSlidingWindow = TimeSpan.FromHours(1);

    /// <summary>Lower-case words joined by hyphens, for example <c>requests-per-hour</c>; unique within its API.</summary>
    public required string Name { get; init; }

    public required Algorithm Algorithm { get; init; }

    /// <summary>Permits per window, or permits in flight: 0, which refuses everything, to <see cref="MaxLimit"/>.</summary>
    public required int Limit { get; init; }

    /// <summary>The window's length: whole seconds, 1 s to 31 days; zero for <see cref="Algorithm.Concurrency"/>.</summary>
    public TimeSpan Window { get; init; }

    /// <summary>How far a fixed window may be exceeded for a moment; null is not at all.</summary>
    public Burst? Burst { get; init; }

    /// <summary>Counts and reports whom it would have refused, and refuses nobody.</summary>
    public bool Shadow { get; init; }

    /// <summary>Counts LLM credits: a request takes as many permits as it may cost credits, and 0 where it costs none.</summary>
    public bool CountsCredits { get; init; }

    /// <summary>When the fixed window ends that a time is in: windows are aligned to UTC.</summary>
    public Instant WindowEnd(Instant now) => new Instant(now.Ticks - now.Ticks % Window.Ticks) + Window;

    /// <summary>
    /// A sliding window is counted in sixtieths: those of a minute hold a permit for at most a second too long.
    /// </summary>
    /// <returns>A sixtieth, in units of 100 ns.</returns>
    public static long BucketTicks(TimeSpan window) => Math.Max(1, window.Ticks / 60);

    /// <summary>Whether both count into the same counter, whatever their limits are.</summary>
    public bool HasSameCounter(Policy other) =>
        Name == other.Name && Algorithm == other.Algorithm && Window == other.Window;

    /// <summary>The most permits that one window, burst included, can ever give.</summary>
    public int Ceiling => Burst is { } burst ? (int)Math.Min(MaxLimit, (long)Limit * burst.Factor) : Limit;
}

/// <summary>
/// A fixed window's limit grows to <paramref name="Factor"/> times itself at the first request beyond the limit, for
/// <paramref name="Length"/> and once in a window.
/// </summary>
/// <param name="Factor">2 to 100.</param>
/// <param name="Length">1 s to the window's length.</param>
public readonly record struct Burst(int Factor, TimeSpan Length);

using System.Collections.Immutable;

namespace FunctionsApi.Quotas.Limiting;

/// <summary>
/// How a clock was put forward, as it came to know the time better. What was noted by it before that is younger than it seems: a
/// permit that was spent at 14:00:00 by a clock that was half a second behind, and was put right at 14:00:05, is at 14:00:10 not 10 s
/// old but 9.5 s.
/// </summary>
internal sealed class ClockSteps
{
    /// <summary>More are merged, the oldest first.</summary>
    private const int Most = 32;

    /// <summary>Smaller ones are as if they had always been.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(5);

    // From when on it was at least so far ahead of the machine's steady timer. Only steps forward make a new entry: to take a clock
    // for behind that was not makes what it noted younger, and so is held longer.
    private readonly ImmutableArray<(Instant From, TimeSpan Ahead)> _steps;
    private readonly TimeSpan _ahead;

    private ClockSteps(ImmutableArray<(Instant From, TimeSpan Ahead)> steps, TimeSpan ahead) => (_steps, _ahead) = (steps, ahead);

    public static ClockSteps None { get; } = new([], TimeSpan.Zero);

    /// <param name="shown">What the clock shows from now on.</param>
    /// <param name="ahead">How far that is ahead of the steady timer.</param>
    public ClockSteps Note(Instant shown, TimeSpan ahead)
    {
        if (_steps.IsEmpty || ahead > _steps[^1].Ahead + Least)
            return new(Merged(_steps.Add((shown, ahead))), ahead);
        return new(ahead < _steps[^1].Ahead ? _steps.SetItem(_steps.Length - 1, (_steps[^1].From, ahead)) : _steps, ahead);
    }

    /// <summary>By how much the clock was put forward since it showed a time, at least zero.</summary>
    public TimeSpan Since(Instant noted)
    {
        var place = _steps.Length - 1;
        while (place > 0 && _steps[place].From > noted)
            place--;
        return place >= 0 && _ahead > _steps[place].Ahead ? _ahead - _steps[place].Ahead : TimeSpan.Zero;
    }

    private static ImmutableArray<(Instant From, TimeSpan Ahead)> Merged(ImmutableArray<(Instant From, TimeSpan Ahead)> steps) => steps.Length <= Most
        ? steps
        : [(steps[0].From, steps[0].Ahead < steps[1].Ahead ? steps[0].Ahead : steps[1].Ahead), .. steps[2..]];
}

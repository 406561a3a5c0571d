// How long a window is. Written in whole seconds, minutes, hours or days: "60s", "15m", "1h", "24h", "7d".
//
// Fixed windows are aligned to UTC, so that a customer can foresee when one ends: "1h" ends on the hour, "24h" at
// midnight. A window of 7h would end at another time each day, and so at no time that means anything; hence a fixed
// window divides a day or is whole days. Sliding windows are kept in at most 60 buckets; beyond an hour, a bucket would
// hold permits for more than a minute too long.

using System.Globalization;

namespace FunctionsApi.Quotas.Policies.PlanFiles;

internal static class WindowText
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(31);
    private static readonly TimeSpan LongestSliding = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    public static TimeSpan? Read(JsonPart part, Algorithm algorithm, PlanErrors errors)
    {
        if (ReadLength(part, errors) is not { } window)
            return null;

        if (algorithm == Algorithm.FixedWindow && !DividesDay(window))
            errors.Add(
                part,
                $"{Shown(part)} neither divides a day nor is whole days, so its windows would end at odd times",
                "Write a length such as \"15m\", \"1h\", \"6h\" or \"24h\".");
        if (algorithm == Algorithm.SlidingWindow && window > LongestSliding)
            errors.Add(part, $"{Shown(part)} is too long for a sliding window", "Write at most \"1h\", or make it a fixed window.");
        return window;
    }

    /// <returns>Null, and a report, where the part is not a length from 1 s to 31 days.</returns>
    public static TimeSpan? ReadLength(JsonPart part, PlanErrors errors)
    {
        var problem = $"{part.Kind} stands here";
        if (part is JsonTextPart { Text: var text })
        {
            if (Parse(text) is { } length && length >= Shortest && length <= Longest)
                return length;
            problem = Parse(text) is null
                ? $"{Wording.Quoted(text)} is not a length of time"
                : $"{Wording.Quoted(text)} is not within 1 s to 31 days";
        }

        errors.Add(part, problem, "Write whole seconds, minutes, hours or days, such as \"60s\", \"15m\", \"1h\" or \"24h\".");
        return null;
    }

    /// <summary>The shortest way to write a length: "60s" for a minute, as the plan file has it, but "24h" for a day.</summary>
    public static string Write(TimeSpan length) => length switch
    {
        { TotalSeconds: <= 60 } => $"{length.TotalSeconds}s",
        _ when length.Ticks % TimeSpan.TicksPerHour == 0 => $"{length.TotalHours}h",
        _ when length.Ticks % TimeSpan.TicksPerMinute == 0 => $"{length.TotalMinutes}m",
        _ => $"{length.TotalSeconds}s",
    };

    /// <returns>Null where it is not a length of time; the longest there is where it is a giant one.</returns>
    private static TimeSpan? Parse(string text)
    {
        if (text.Length < 2 || text[..^1].Any(c => !char.IsAsciiDigit(c)) || UnitOf(text[^1]) is not { } unit)
            return null;
        return int.TryParse(text.AsSpan(..^1), CultureInfo.InvariantCulture, out var count) ? unit * count : TimeSpan.MaxValue;
    }

    private static TimeSpan? UnitOf(char letter) => letter switch
    {
        's' => TimeSpan.FromSeconds(1),
        'm' => TimeSpan.FromMinutes(1),
        'h' => TimeSpan.FromHours(1),
        'd' => Day,
        _ => null,
    };

    private static bool DividesDay(TimeSpan window) => Day.Ticks % window.Ticks == 0 || window.Ticks % Day.Ticks == 0;

    private static string Shown(JsonPart part) => part is JsonTextPart text ? Wording.Quoted(text.Text) : part.Kind;
}

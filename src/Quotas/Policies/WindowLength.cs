using System.Globalization;

namespace FunctionsApi.Quotas.Policies;

/// <summary>A length of time as plans have it: whole seconds, minutes, hours or days, as in <c>60s</c>, <c>15m</c>, <c>24h</c>.</summary>
public static class WindowLength
{
    /// <returns>Null where the text is no length of time; <see cref="TimeSpan.MaxValue"/> where it is a giant one.</returns>
    public static TimeSpan? Parse(string text)
    {
        if (text.Length < 2 || text[..^1].Any(c => !char.IsAsciiDigit(c)) || UnitOf(text[^1]) is not { } unit)
            return null;
        return int.TryParse(text.AsSpan(..^1), CultureInfo.InvariantCulture, out var count) && count <= TimeSpan.MaxValue / unit
            ? unit * count
            : TimeSpan.MaxValue;
    }

    /// <summary>In the largest unit that leaves no fraction, but a minute as <c>60s</c> and a day as <c>24h</c>.</summary>
    public static string Write(TimeSpan length) => length switch
    {
        { TotalSeconds: <= 60 } => $"{length.TotalSeconds}s",
        _ when length.Ticks % TimeSpan.TicksPerHour == 0 => $"{length.TotalHours}h",
        _ when length.Ticks % TimeSpan.TicksPerMinute == 0 => $"{length.TotalMinutes}m",
        _ => $"{length.TotalSeconds}s",
    };

    private static TimeSpan? UnitOf(char letter) => letter switch
    {
        's' => TimeSpan.FromSeconds(1),
        'm' => TimeSpan.FromMinutes(1),
        'h' => TimeSpan.FromHours(1),
        'd' => TimeSpan.FromDays(1),
        _ => null,
    };
}

using System.Globalization;

namespace FunctionsApi.Cli;

/// <summary>Reads <c>90d</c>, <c>12h</c>, <c>30m</c>.</summary>
internal static class Lifetime
{
    private const int MaxDays = 3650;

    /// <exception cref="CommandException">It is something else, or longer than ten years.</exception>
    public static TimeSpan Parse(string text)
    {
        var unit = text is [.., var last] ? TicksPer(last) : 0;
        return unit > 0
            && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, null, out var count)
            && count > 0
            && (long)count <= MaxDays * TimeSpan.TicksPerDay / unit
                ? new(count * unit)
                : throw new CommandException($"--expires {text} is no length of time: give days, hours or minutes as 90d, 12h or 30m, at most {MaxDays}d.");
    }

    private static long TicksPer(char unit) => unit switch
    {
        'd' => TimeSpan.TicksPerDay,
        'h' => TimeSpan.TicksPerHour,
        'm' => TimeSpan.TicksPerMinute,
        _ => 0,
    };
}

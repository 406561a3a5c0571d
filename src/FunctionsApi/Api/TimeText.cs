// Times are RFC 3339, section 5.6: 2026-11-28T20:00:00.123456789+02:00, with any number of fraction digits (what is finer than
// 100 ns is dropped), t and z in small letters too, and 23:59:60 where a leap second is added, which counts as the end of the
// second before. Beyond it are taken: a date alone, which is its midnight; a time without seconds; one without an offset, which is UTC.

using System.Globalization;
using System.Text.RegularExpressions;

namespace FunctionsApi.Api;

/// <summary>Reads times from 2000 to 2100 as clients write them.</summary>
internal static partial class TimeText
{
    public const int MinYear = 2000, MaxYear = 2100;

    /// <param name="text">As at the top of this file.</param>
    /// <param name="time">UTC.</param>
    /// <returns>False where the text is no such time.</returns>
    public static bool TryParse(string text, out DateTimeOffset time)
    {
        time = default;
        var match = Shape().Match(text);
        if (!match.Success || !TryReadMinute(match, out var minute) || !TryReadSeconds(match, minute, out var seconds))
            return false;
        time = new(minute + seconds, TimeSpan.Zero);
        return time.Year is >= MinYear and < MaxYear;
    }

    private static bool TryReadMinute(Match match, out DateTime utc)
    {
        utc = default;
        var time = match.Groups["minute"] is { Success: true, Value: var given } ? given : "00:00";
        if (!DateTime.TryParseExact($"{match.Groups["date"].Value} {time}", "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)
            || local.Year is < MinYear - 1 or > MaxYear
            || !TryReadOffset(match.Groups["offset"].Value, out var offset))
            return false;
        utc = local - offset;
        return true;
    }

    private static bool TryReadOffset(string text, out TimeSpan offset)
    {
        offset = TimeSpan.Zero;
        if (text is "" or "Z" or "z")
            return true;
        if (!TimeSpan.TryParseExact(text.AsSpan(1), "hh\\:mm", CultureInfo.InvariantCulture, out offset))
            return false;
        offset = text[0] == '-' ? -offset : offset;
        return true;
    }

    private static bool TryReadSeconds(Match match, DateTime minute, out TimeSpan seconds)
    {
        var whole = match.Groups["second"] is { Success: true, ValueSpan: var given } ? int.Parse(given, CultureInfo.InvariantCulture) : 0;
        // Seven digits are ticks of 100 ns.
        var fraction = match.Groups["fraction"].Value.PadRight(7, '0')[..7];
        seconds = new TimeSpan(TimeSpan.TicksPerSecond * whole + int.Parse(fraction, CultureInfo.InvariantCulture));
        if (whole < 60)
            return true;
        seconds = TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(1);
        return whole == 60 && minute.AddMinutes(1) is { Day: 1, TimeOfDay.Ticks: 0 };
    }

    [GeneratedRegex("""
        \A(?<date>[0-9]{4}-[0-9]{2}-[0-9]{2})
        ([Tt](?<minute>[0-9]{2}:[0-9]{2})(:(?<second>[0-9]{2})(\.(?<fraction>[0-9]+))?)?(?<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})?)?\z
        """, RegexOptions.ExplicitCapture | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Shape();
}

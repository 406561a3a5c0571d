using System.Diagnostics.CodeAnalysis;
using FunctionsApi.Api;

namespace FunctionsApi.Usage;

/// <summary>A stretch of whole UTC hours or days to report on, and how it is divided.</summary>
/// <param name="Unit">The length of its parts: an hour or a day.</param>
/// <param name="From">The start of the first part.</param>
/// <param name="To">The end of the last part.</param>
internal sealed record ReportPeriod(TimeSpan Unit, DateTimeOffset From, DateTimeOffset To)
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1), Day = TimeSpan.FromDays(1);

    /// <summary><c>hour</c> or <c>day</c>.</summary>
    public string By => Unit == Hour ? "hour" : "day";

    private TimeSpan DefaultLength => Unit == Hour ? Day : 30 * Day;

    private TimeSpan MaxLength => Unit == Hour ? 31 * Day : 366 * Day;

    /// <summary>Reads <c>by</c>, <c>from</c> and <c>to</c>, as <see cref="TryParse"/> does.</summary>
    /// <exception cref="ApiException">400: they make no period.</exception>
    public static ReportPeriod Read(IQueryCollection query, DateTimeOffset now) =>
        TryParse(query.Text("by"), query.Time("from"), query.Time("to"), now, out var period, out var error)
            ? period
            : throw new ApiException(400, "invalid_parameter", error);

    /// <summary>
    /// Reads a period as people write it. Without <paramref name="to"/> it ends with the present hour or day; without
    /// <paramref name="from"/> it is 24 hours or 30 days long. An hour or day that it only touches belongs to it.
    /// </summary>
    /// <param name="by"><c>hour</c> (also where null) or <c>day</c>.</param>
    /// <param name="from">A date or time as <see cref="TimeText"/> reads it, inclusive.</param>
    /// <param name="to">The same, exclusive.</param>
    /// <param name="now">The present.</param>
    /// <param name="period">The period, or null where there is an error.</param>
    /// <param name="error">What is wrong, in a sentence for the caller.</param>
    public static bool TryParse(
        string? by, string? from, string? to, DateTimeOffset now,
        [NotNullWhen(true)] out ReportPeriod? period, [NotNullWhen(false)] out string? error)
    {
        period = null;
        if (by is not (null or "hour" or "day"))
            return Fail("'by' is 'hour' or 'day'.", out error);
        if (!TryParseTime(from, out var start))
            return Fail(TimeHint("from"), out error);
        if (!TryParseTime(to, out var end))
            return Fail(TimeHint("to"), out error);

        var unit = by == "day" ? Day : Hour;
        var empty = new ReportPeriod(unit, default, default);
        var wholeEnd = empty.Ceiling(end ?? now.AddTicks(1));
        var wholeStart = start is { } given ? empty.Floor(given) : wholeEnd - empty.DefaultLength;
        if (start >= (end ?? wholeEnd))
            return Fail(end is null ? "'from' must not be in the future." : "'from' must be before 'to'.", out error);
        if (wholeEnd - wholeStart > empty.MaxLength)
            return Fail($"A report by {empty.By} covers at most {empty.MaxLength.Days} days.", out error);

        (period, error) = (empty with { From = wholeStart, To = wholeEnd }, null);
        return true;
    }

    /// <summary>The start of the part that a time lies in.</summary>
    public DateTimeOffset Floor(DateTimeOffset time) => new(time.UtcTicks - time.UtcTicks % Unit.Ticks, TimeSpan.Zero);

    // Null stays null.
    private static bool TryParseTime(string? text, out DateTimeOffset? time)
    {
        time = null;
        if (text is null)
            return true;
        var isTime = TimeText.TryParse(text, out var parsed);
        time = parsed;
        return isTime;
    }

    private DateTimeOffset Ceiling(DateTimeOffset time) => Floor(time.AddTicks(Unit.Ticks - 1));

    private static string TimeHint(string name) =>
        $"'{name}' is an RFC 3339 date or time between {TimeText.MinYear} and {TimeText.MaxYear}, for example 2026-02-28 or 2026-02-28T09:00:00Z.";

    private static bool Fail(string message, out string error)
    {
        error = message;
        return false;
    }
}

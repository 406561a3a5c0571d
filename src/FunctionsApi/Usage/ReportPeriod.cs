using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using FunctionsApi.Api;

namespace FunctionsApi.Usage;

/// <summary>A stretch of whole UTC hours or days to report on, and how it is divided.</summary>
/// <param name="Unit">The length of its parts: an hour or a day.</param>
/// <param name="From">The start of the first part.</param>
/// <param name="To">The end of the last part.</param>
internal sealed record ReportPeriod(TimeSpan Unit, DateTimeOffset From, DateTimeOffset To)
{
    private const int MinYear = 2000, MaxYear = 2100;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1), Day = TimeSpan.FromDays(1);

    private static readonly string[] Formats =
        ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary><c>hour</c> or <c>day</c>.</summary>
    public string By => Unit == Hour ? "hour" : "day";

    private TimeSpan DefaultLength => Unit == Hour ? Day : 30 * Day;

    private TimeSpan MaxLength => Unit == Hour ? 31 * Day : 366 * Day;

    /// <summary>Reads <c>by</c>, <c>from</c> and <c>to</c>, as <see cref="TryParse"/> does.</summary>
    /// <exception cref="ApiException">400: they make no period.</exception>
    public static ReportPeriod Read(IQueryCollection query, DateTimeOffset now) =>
        TryParse(query.Text("by"), query.Text("from"), query.Text("to"), now, out var period, out var error)
            ? period
            : throw new ApiException(400, "invalid_parameter", error);

    /// <summary>
    /// Reads a period as people write it. Without <paramref name="to"/> it ends with the present hour or day; without
    /// <paramref name="from"/> it is 24 hours or 30 days long. An hour or day that it only touches belongs to it.
    /// </summary>
    /// <param name="by"><c>hour</c> (also where null) or <c>day</c>.</param>
    /// <param name="from">ISO 8601 date or time, inclusive; UTC unless it says otherwise.</param>
    /// <param name="to">ISO 8601 date or time, exclusive; UTC unless it says otherwise.</param>
    /// <param name="now">The present.</param>
    /// <param name="period">The period, or null where there is an error.</param>
    /// <param name="error">What is wrong, in a sentence for whoever asked.</param>
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

    /// <summary>Reads an ISO 8601 date or time from 2000 to 2100; UTC unless it says otherwise. Null stays null.</summary>
    /// <returns>False where the text is no such time.</returns>
    public static bool TryParseTime(string? text, out DateTimeOffset? time)
    {
        time = null;
        if (text is null)
            return true;
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (!DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, Utc, out var parsed))
            return false;
        time = parsed;
        return parsed.Year is >= MinYear and < MaxYear;
    }

    private DateTimeOffset Ceiling(DateTimeOffset time) => Floor(time.AddTicks(Unit.Ticks - 1));

    private static string TimeHint(string name) =>
        $"'{name}' is an ISO 8601 date or time between {MinYear} and {MaxYear}, for example 2026-02-28 or 2026-02-28T09:00:00Z.";

    private static bool Fail(string message, out string error)
    {
        error = message;
        return false;
    }
}

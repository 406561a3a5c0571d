using FunctionsApi.Api;
using FunctionsApi.Usage;

namespace FunctionsApi.Agents.Analytics;

/// <summary>What a summary is asked to tell.</summary>
/// <param name="By"><c>hour</c>, <c>day</c>, <c>type</c> or <c>page</c>.</param>
/// <param name="Period">Of which hours; of whole days but where it is by hour.</param>
internal readonly record struct SummaryQuery(string By, ReportPeriod Period)
{
    /// <exception cref="ApiException">400: it makes no sense, or has a parameter that nothing reads.</exception>
    public static SummaryQuery Read(IQueryCollection query, DateTimeOffset now)
    {
        query.AllowOnly("by", "from", "to");
        var by = query.Text("by") ?? "hour";
        if (by is not ("hour" or "day" or "type" or "page"))
            throw Invalid("'by' is 'hour', 'day', 'type' or 'page'.");
        return ReportPeriod.TryParse(by == "hour" ? by : "day", query.Time("from"), query.Time("to"), now, out var period, out var error)
            ? new(by, period)
            : throw Invalid(error);
    }

    private static ApiException Invalid(string message) => new(400, "invalid_parameter", message);
}

using FunctionsApi.Api;

namespace FunctionsApi.Usage;

/// <summary>What <c>GET /api/v1/usage</c> is asked for.</summary>
/// <param name="Period">Which hours or days.</param>
/// <param name="Key">One key's id, or <see cref="UsageSeries.Dashboard"/>; null is all that the caller may see.</param>
internal sealed record UsageQuery(ReportPeriod Period, string? Key)
{
    private static readonly string[] Parameters = ["by", "from", "to", "key"];

    /// <exception cref="ApiException">400: a parameter is unknown, given twice, or makes no sense.</exception>
    public static UsageQuery Read(IQueryCollection query, DateTimeOffset now)
    {
        // One that is misspelt would be a report on something else.
        if (query.Keys.FirstOrDefault(name => !Parameters.Contains(name)) is { } unknown)
            throw new ApiException(400, "unknown_parameter", $"'{unknown}' is no parameter here: there are 'by', 'from', 'to' and 'key'.");
        return new(ReportPeriod.Read(query, now), query.Text("key"));
    }
}

using FunctionsApi.Api;

namespace FunctionsApi.Usage;

/// <summary>What <c>GET /api/v1/usage</c> is asked for.</summary>
/// <param name="Period">Which hours or days.</param>
/// <param name="Key">One key's id, or <see cref="UsageSeries.Dashboard"/>; null is all that the caller may see.</param>
internal sealed record UsageQuery(ReportPeriod Period, string? Key)
{
    /// <exception cref="ApiException">400: a parameter is unknown, given twice, or makes no sense.</exception>
    public static UsageQuery Read(IQueryCollection query, DateTimeOffset now)
    {
        query.AllowOnly("by", "from", "to", "key");
        return new(ReportPeriod.Read(query, now), query.Text("key"));
    }
}

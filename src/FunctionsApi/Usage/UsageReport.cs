using System.Text.Json.Serialization;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Usage;

/// <summary>Consumption by endpoint, hour by hour or day by day.</summary>
/// <param name="Tenant">Whose usage it is.</param>
/// <param name="Key">The one key that it is of; null is all of the tenant's.</param>
/// <param name="By"><c>hour</c> or <c>day</c>.</param>
/// <param name="From">The start of the first hour or day, UTC.</param>
/// <param name="To">The end of the last hour or day, UTC.</param>
/// <param name="Usage">In order of time, API and endpoint. What was not used is left out.</param>
/// <param name="Totals">The same over the whole period, in order of API and endpoint.</param>
internal sealed record UsageReport(
    string Tenant, string? Key, string By, DateTimeOffset From, DateTimeOffset To, IReadOnlyList<UsageLine> Usage, IReadOnlyList<UsageLine> Totals)
{
    /// <summary>The totals of each key, in order of the keys' ids; null, and left out, where the report is of one key.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<KeyUsage>? Keys { get; init; }

    /// <summary>Where the caller stands now; null, and left out, where no caller asks.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<LimitLine>? Limits { get; init; }

    /// <summary>What the next plans would have changed; null, and left out, where no caller asks.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<NextPlan>? NextPlans { get; init; }

    /// <param name="tenant">Whose.</param>
    /// <param name="key">The one key that the rows are of; null is all of the tenant's.</param>
    /// <param name="period">What to report on.</param>
    /// <param name="rows">Its rows.</param>
    public static UsageReport Of(string tenant, string? key, ReportPeriod period, IReadOnlyList<UsageRow> rows) => new(
        tenant, key, period.By, period.From, period.To, UsageLine.Of(rows, row => period.Floor(row.Hour)), UsageLine.Of(rows, _ => null));
}

/// <param name="Key">The API key's id, or <c>dashboard</c> for what signed-in users did.</param>
/// <param name="Prefix">How the key begins; null where it is none, or no longer listed.</param>
/// <param name="User">Whose key it is; null likewise.</param>
/// <param name="Totals">In order of API and endpoint.</param>
internal sealed record KeyUsage(string Key, string? Prefix, string? User, IReadOnlyList<UsageLine> Totals);

/// <param name="Time">The start of the hour or day, UTC; null in totals.</param>
/// <param name="Api"><c>inference</c> or <c>agents</c>.</param>
/// <param name="Endpoint">The endpoint's short name.</param>
/// <param name="Admitted">Requests within quota.</param>
/// <param name="Refused">Requests that a policy refused (429).</param>
/// <param name="RefusedBy">The same by the policy that refused, which is one for each request.</param>
/// <param name="Unavailable">Requests that got no decision (503).</param>
/// <param name="ClientErrors">Answers of 4xx but for refusals.</param>
/// <param name="ServerErrors">Answers of 5xx but for <paramref name="Unavailable"/>.</param>
/// <param name="Permits">What the admitted requests weighed together.</param>
/// <param name="Credits">LLM credits.</param>
/// <param name="ShadowRefused">How many requests each shadow policy would have refused.</param>
internal sealed record UsageLine(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? Time,
    string Api,
    string Endpoint,
    long Admitted,
    long Refused,
    IReadOnlyDictionary<string, long> RefusedBy,
    long Unavailable,
    long ClientErrors,
    long ServerErrors,
    long Permits,
    long Credits,
    IReadOnlyDictionary<string, long> ShadowRefused)
{
    /// <param name="rows">Any number of any series and hour.</param>
    /// <param name="timeOf">The start of the part of the report that a row belongs to; null for totals.</param>
    /// <returns>A line for each part, API and endpoint, in this order.</returns>
    public static IReadOnlyList<UsageLine> Of(IEnumerable<UsageRow> rows, Func<UsageRow, DateTimeOffset?> timeOf) =>
        [.. rows
            .GroupBy(row => (Time: timeOf(row), Api: row.Series.Api.Name(), row.Series.Endpoint))
            .OrderBy(group => group.Key.Time)
            .ThenBy(group => group.Key.Api, StringComparer.Ordinal)
            .ThenBy(group => group.Key.Endpoint, StringComparer.Ordinal)
            .Select(group => Of(group.Key, group.Aggregate(UsageTotals.Zero, (sum, row) => sum + row.Totals)))];

    private static UsageLine Of((DateTimeOffset? Time, string Api, string Endpoint) of, UsageTotals totals) => new(
        of.Time, of.Api, of.Endpoint,
        totals.Admitted, totals.Refused, totals.RefusedBy, totals.Unavailable, totals.ClientErrors, totals.ServerErrors,
        totals.Permits, totals.Credits, totals.ShadowRefused);
}

using System.Text.Json.Serialization;

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
    /// <summary>Where the caller stands now; null, and left out, where no caller asks.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<LimitLine>? Limits { get; init; }
}

/// <param name="Time">The start of the hour or day, UTC; null in totals.</param>
/// <param name="Api"><c>inference</c> or <c>agents</c>.</param>
/// <param name="Endpoint">The endpoint's short name.</param>
/// <param name="Admitted">Requests within quota.</param>
/// <param name="Refused">Requests that a policy refused (429).</param>
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
    long Unavailable,
    long ClientErrors,
    long ServerErrors,
    long Permits,
    long Credits,
    IReadOnlyDictionary<string, long> ShadowRefused);

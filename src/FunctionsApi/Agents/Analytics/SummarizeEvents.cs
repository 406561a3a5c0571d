using FunctionsApi.Api;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Usage;

namespace FunctionsApi.Agents.Analytics;

/// <summary>
/// <c>GET /api/v1/analytics/summary?by=&amp;from=&amp;to=</c>: how many events of each type, hour by hour or day by day.
/// </summary>
internal sealed class SummarizeEvents(EventTable events, TimeProvider time)
    : ApiEndpoint(ApiKind.Agents, "summary")
{
    public override async Task HandleAsync(ApiRequest request)
    {
        var period = ReportPeriod.Read(request.Http.Request.Query, time.GetUtcNow());

        if (!await request.AcquireAsync())
            return;

        var summary = await SummarizeAsync(request.Caller.Tenant, period, request.Aborted);
        request.AnswerCacheable(summary, AgentsJson.Default.EventSummary);
    }

    private async Task<EventSummary> SummarizeAsync(string tenant, ReportPeriod period, CancellationToken cancellationToken)
    {
        var total = new EventCounts();
        SortedDictionary<DateTimeOffset, EventCounts> byTime = [];
        await foreach (var (type, timestamp) in events.ReadAsync(tenant, period.From, period.To, cancellationToken))
        {
            var start = period.Floor(timestamp);
            if (!byTime.TryGetValue(start, out var counts))
                byTime[start] = counts = new();
            counts.Add(type);
            total.Add(type);
        }

        return new(
            period.By, period.From, period.To, total.Total, total.ByType,
            [.. byTime.Select(part => new EventPeriod(part.Key, part.Value.Total, part.Value.ByType))]);
    }

    private sealed class EventCounts
    {
        public long Total { get; private set; }

        public SortedDictionary<string, long> ByType { get; } = new(StringComparer.Ordinal);

        public void Add(string type)
        {
            Total++;
            ByType[type] = ByType.GetValueOrDefault(type) + 1;
        }
    }
}

/// <param name="By"><c>hour</c> or <c>day</c>.</param>
/// <param name="From">The start of the first hour or day, UTC.</param>
/// <param name="To">The end of the last hour or day, UTC.</param>
/// <param name="Total">How many events.</param>
/// <param name="ByType">How many of each type.</param>
/// <param name="ByTime">The hours or days in which there were any, in order.</param>
internal sealed record EventSummary(
    string By, DateTimeOffset From, DateTimeOffset To, long Total,
    IReadOnlyDictionary<string, long> ByType, IReadOnlyList<EventPeriod> ByTime);

/// <param name="Time">The start of the hour or day, UTC.</param>
/// <param name="Total">How many events.</param>
/// <param name="ByType">How many of each type.</param>
internal sealed record EventPeriod(DateTimeOffset Time, long Total, IReadOnlyDictionary<string, long> ByType);

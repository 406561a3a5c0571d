using FunctionsApi.Agents.Analytics.Journal;
using FunctionsApi.Api;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Agents.Analytics;

/// <summary>
/// <c>GET /api/v1/analytics/summary?by=&amp;from=&amp;to=</c>: how many events, hour by hour, day by day, of each type or at each page.
/// </summary>
internal sealed class SummarizeEvents(JournalCounts counts, TimeProvider time)
    : ApiEndpoint(ApiKind.Agents, "summary")
{
    // Of the pages that are counted; what a year may have is more than anybody reads.
    private const int MostPages = 1000;

    public override async Task HandleAsync(ApiRequest request)
    {
        var query = SummaryQuery.Read(request.Http.Request.Query, time.GetUtcNow());

        if (!await request.AcquireAsync())
            return;

        var summary = query.By switch
        {
            "page" => await ByPageAsync(request.Caller.Tenant, query, request.Aborted),
            _ => await ByTypeAsync(request.Caller.Tenant, query, request.Aborted),
        };
        request.AnswerCacheable(summary, AgentsJson.Default.EventSummary);
    }

    private async Task<EventSummary> ByTypeAsync(string tenant, SummaryQuery query, CancellationToken cancellationToken)
    {
        var (total, parts) = (new EventCounts(), new List<EventPeriod>());
        var prefix = query.By == "hour" ? JournalRows.HourPrefix : JournalRows.DayPrefix;
        await foreach (var (start, part) in counts.ReadAsync(tenant, prefix, query.Period, cancellationToken))
        {
            total.Add(part);
            parts.Add(new(start, part.Total, Sorted(part), OthersOf(part)));
        }

        return new(query.By, query.Period.From, query.Period.To, total.Total)
        {
            ByType = Sorted(total),
            OtherTypes = OthersOf(total),
            ByTime = query.By == "type" ? null : parts,
        };
    }

    private async Task<EventSummary> ByPageAsync(string tenant, SummaryQuery query, CancellationToken cancellationToken)
    {
        var (all, pages) = (0L, new EventCounts());
        await foreach (var (_, day) in counts.ReadAsync(tenant, JournalRows.DayPrefix, query.Period, cancellationToken))
            all += day.Total;
        await foreach (var (_, day) in counts.ReadAsync(tenant, JournalRows.PagePrefix, query.Period, cancellationToken))
            pages.Add(day);
        var shown = pages.ByName
            .OrderByDescending(page => page.Value).ThenBy(page => page.Key, StringComparer.Ordinal)
            .Take(MostPages).Select(page => new PageCount(page.Key, page.Value)).ToList();
        return new(query.By, query.Period.From, query.Period.To, all)
        {
            ByPage = shown,
            OtherPages = pages.Total - shown.Sum(page => page.Total) is > 0 and var others ? others : null,
            // An append that comes between the two readings is in the second alone.
            WithoutPage = Math.Max(0, all - pages.Total),
        };
    }

    private static SortedDictionary<string, long> Sorted(EventCounts counts) => new(counts.ByName.ToDictionary(), StringComparer.Ordinal);

    private static long? OthersOf(EventCounts counts) => counts.Others > 0 ? counts.Others : null;
}

/// <param name="By"><c>hour</c>, <c>day</c>, <c>type</c> or <c>page</c>.</param>
/// <param name="From">The start of the first hour or day, UTC.</param>
/// <param name="To">The end of the last hour or day, UTC.</param>
/// <param name="Total">How many events.</param>
internal sealed record EventSummary(string By, DateTimeOffset From, DateTimeOffset To, long Total)
{
    /// <summary>How many of each type; null by page.</summary>
    public IReadOnlyDictionary<string, long>? ByType { get; init; }

    /// <summary>How many are of types that found no place among those that are counted; null where there are none.</summary>
    public long? OtherTypes { get; init; }

    /// <summary>The hours or days in which there were any, in order; null by type or page.</summary>
    public IReadOnlyList<EventPeriod>? ByTime { get; init; }

    /// <summary>The pages with the most events, those first; null otherwise than by page.</summary>
    public IReadOnlyList<PageCount>? ByPage { get; init; }

    /// <summary>How many were at pages that are not listed; null where there are none.</summary>
    public long? OtherPages { get; init; }

    /// <summary>How many say no page; null otherwise than by page.</summary>
    public long? WithoutPage { get; init; }
}

/// <param name="Time">The start of the hour or day, UTC.</param>
/// <param name="Total">How many events.</param>
/// <param name="ByType">How many of each type.</param>
/// <param name="OtherTypes">How many of types that found no place; null where there are none.</param>
internal sealed record EventPeriod(DateTimeOffset Time, long Total, IReadOnlyDictionary<string, long> ByType, long? OtherTypes);

/// <param name="Page">As the events say it.</param>
/// <param name="Total">How many events.</param>
internal sealed record PageCount(string Page, long Total);

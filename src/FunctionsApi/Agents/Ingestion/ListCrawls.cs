using FunctionsApi.Api;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Agents.Ingestion;

/// <summary><c>GET /api/v1/ingestion/crawl?limit=&amp;cursor=</c>: the tenant's crawls, the newest first.</summary>
internal sealed class ListCrawls(CrawlJobs jobs)
    : ApiEndpoint(ApiKind.Agents, "crawl-list")
{
    private const int DefaultLimit = 20, MaxLimit = 100;

    public override async Task HandleAsync(ApiRequest request)
    {
        var query = request.Http.Request.Query;
        query.AllowOnly("limit", "cursor");
        var (limit, cursor) = (query.Limit(DefaultLimit, MaxLimit), query.Cursor());

        if (!await request.AcquireAsync())
            return;

        var found = await jobs.ListAsync(request.Caller.Tenant, cursor, request.Aborted).Take(limit + 1).ToListAsync(request.Aborted);
        request.Http.Response.Headers.CacheControl = "no-store";
        request.Answer(200, new([.. found.Take(limit)], found.ElementAtOrDefault(limit)?.Id), AgentsJson.Default.CrawlList);
    }
}

using FunctionsApi.Api;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>
/// <c>DELETE /api/v1/ingestion/crawl/{id}</c>: ends a crawl. What it has stored stays, and a crawl that is finished stays as it is.
/// </summary>
internal sealed class CancelCrawl(CrawlJobs jobs)
    : ApiEndpoint(ApiKind.Agents, "crawl-cancel")
{
    public override async Task HandleAsync(ApiRequest request)
    {
        var id = GetCrawl.IdOf(request);

        if (!await request.AcquireAsync())
            return;

        var job = await jobs.CancelAsync(request.Caller.Tenant, id, request.Aborted) ?? throw GetCrawl.NotFound();
        request.Http.Response.Headers.CacheControl = "no-store";
        request.Answer(200, job, AgentsJson.Default.CrawlJob);
    }
}

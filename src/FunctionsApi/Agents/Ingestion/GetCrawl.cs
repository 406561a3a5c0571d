using FunctionsApi.Api;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Agents.Ingestion;

/// <summary><c>GET /api/v1/ingestion/crawl/{id}</c>: where a crawl stands.</summary>
internal sealed class GetCrawl(CrawlJobs jobs)
    : ApiEndpoint(ApiKind.Agents, "crawl-status")
{
    public override async Task HandleAsync(ApiRequest request)
    {
        var id = IdOf(request);

        if (!await request.AcquireAsync())
            return;

        var job = await jobs.FindAsync(request.Caller.Tenant, id, request.Aborted) ?? throw NotFound();
        request.Http.Response.Headers.CacheControl = "no-store";
        request.Answer(200, job, AgentsJson.Default.CrawlJob);
    }

    /// <summary>The id in the request's path.</summary>
    /// <exception cref="ApiException">404: no crawl can have it.</exception>
    public static string IdOf(ApiRequest request) =>
        Guid.TryParseExact((string?)request.Http.GetRouteValue("id"), "N", out var id) ? id.ToString("N") : throw NotFound();

    public static ApiException NotFound() => new(404, "not_found", "You have no crawl of this id.");
}

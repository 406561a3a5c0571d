using FunctionsApi.Http;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Agents.Ingestion;

/// <summary><c>POST /api/v1/ingestion/crawl</c>: takes a crawl on and answers where to watch it.</summary>
internal sealed class StartCrawl(CrawlJobs jobs, CrawlWorker worker, CrawlSettings settings)
{
    public const string Path = "/api/v1/ingestion/crawl";

    private const int MaxUrlLength = 2048, MaxPages = 1000, MaxDepth = 10;

    public static void Map(IEndpointRouteBuilder app) => app.MapApi(
        Api.Agents, "POST", Path, "crawl", ActivatorUtilities.CreateInstance<StartCrawl>(app.ServiceProvider).HandleAsync);

    private async Task HandleAsync(ApiRequest request)
    {
        var body = new BodyObject((await request.ReadJsonAsync()).RootElement);
        var url = body.Text("url", MaxUrlLength);
        var maxPages = body.Number("maxPages", 1, MaxPages, otherwise: 1);
        var depth = body.Number("depth", 0, MaxDepth, otherwise: 0);
        CheckUrl(url);

        if (!await request.AcquireAsync())
            return;

        var job = await jobs.AddAsync(request.Caller.Tenant, url, maxPages, depth, request.Aborted);
        worker.Wake();
        request.Http.Response.Headers.Location = $"{Path}/{job.Id}";
        request.Answer(202, job, AgentsJson.Default.CrawlJob);
    }

    private void CheckUrl(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var parsed)
            || parsed.Scheme is not ("http" or "https")
            || parsed.Host.Length == 0)
            throw new ApiException(400, "invalid_url", "'url' must be an absolute http or https URL.");
        if (parsed.UserInfo.Length > 0)
            throw new ApiException(400, "invalid_url", "'url' must not hold a user name or password.");
        if (!settings.AllowPrivateAddresses && PublicAddress.IsKnownPrivate(parsed))
            throw new ApiException(400, "invalid_url", "'url' must lead to a public address.");
    }
}

using FunctionsApi.Api;
using FunctionsApi.Internet;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Settings;
using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Ingestion;

/// <summary><c>POST /api/v1/ingestion/crawl</c>: takes a crawl on and answers where to watch it.</summary>
internal sealed partial class StartCrawl(CrawlJobs jobs, CrawlQueue queue, CrawlOptions options, ILogger<StartCrawl> logger)
    : ApiEndpoint(ApiKind.Agents, "crawl")
{
    public const string Route = "api/v1/ingestion/crawl";

    private const int MaxPages = 1000, MaxDepth = 10;

    public override async Task HandleAsync(ApiRequest request)
    {
        var body = new BodyObject((await request.ReadJsonAsync()).RootElement);
        var url = body.Text("url", PageUrl.MaxLength);
        var maxPages = body.Number("maxPages", 1, MaxPages, otherwise: 1);
        var maxDepth = body.Number("maxDepth", 0, MaxDepth, otherwise: 0);
        CheckUrl(url);

        if (!await request.AcquireAsync())
            return;

        var job = await jobs.AddAsync(request.Caller.Tenant, url, maxPages, maxDepth, request.Aborted);
        await TrySendAsync(request.Caller.Tenant, job.Id);
        request.Http.Response.Headers.Location = $"/{Route}/{job.Id}";
        request.Answer(202, job, AgentsJson.Default.CrawlJob);
    }

    private async Task TrySendAsync(string tenant, string id)
    {
        try
        {
            // The job exists and is run even if the caller leaves now.
            await queue.SendAsync(tenant, id, CancellationToken.None);
        }
        catch (TableStoreException exception)
        {
            Log.NotSent(logger, id, exception.Message);
        }
    }

    private void CheckUrl(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var parsed)
            || parsed.Scheme is not ("http" or "https")
            || parsed.Host.Length == 0
            || parsed.IdnHost.Length == 0)
            throw new ApiException(400, "invalid_url", "'url' must be an absolute http or https URL.");
        if (parsed.UserInfo.Length > 0)
            throw new ApiException(400, "invalid_url", "'url' must not hold a user name or password.");
        if (!options.Opens(parsed.IdnHost, parsed.Port) && PublicAddress.IsKnownPrivate(parsed))
            throw new ApiException(400, "invalid_url", "'url' must lead to a public address.");
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Crawl job {Id} is stored, but could not be sent to the queue: the next sweep sends it. {Reason}")]
        public static partial void NotSent(ILogger logger, string id, string reason);
    }
}

using FunctionsApi.Api;
using Microsoft.Azure.Functions.Worker;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>Crawls, as their tenants ask for them and watch them.</summary>
internal sealed class IngestionFunctions(ApiPipeline pipeline, StartCrawl start, GetCrawl get)
{
    [Function("start-crawl")]
    public Task StartAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = StartCrawl.Route)] HttpRequest request) =>
        pipeline.InvokeAsync(request.HttpContext, start);

    [Function("get-crawl")]
    public Task GetAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = StartCrawl.Route + "/{id}")] HttpRequest request) =>
        pipeline.InvokeAsync(request.HttpContext, get);
}

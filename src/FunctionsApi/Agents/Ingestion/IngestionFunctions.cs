using FunctionsApi.Api;
using Microsoft.Azure.Functions.Worker;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>Crawls, as their tenants ask for them, watch them and end them.</summary>
internal sealed class IngestionFunctions(ApiPipeline pipeline, StartCrawl start, ListCrawls list, GetCrawl get, CancelCrawl cancel)
{
    private const string Job = StartCrawl.Route + "/{id}";

    [Function("start-crawl")]
    public Task StartAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = StartCrawl.Route)] HttpRequest request) =>
        pipeline.InvokeAsync(request.HttpContext, start);

    [Function("list-crawls")]
    public Task ListAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = StartCrawl.Route)] HttpRequest request) =>
        pipeline.InvokeAsync(request.HttpContext, list);

    [Function("get-crawl")]
    public Task GetAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Job)] HttpRequest request) =>
        pipeline.InvokeAsync(request.HttpContext, get);

    [Function("cancel-crawl")]
    public Task CancelAsync([HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = Job)] HttpRequest request) =>
        pipeline.InvokeAsync(request.HttpContext, cancel);
}

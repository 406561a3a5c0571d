using FunctionsApi.Api;
using Microsoft.Azure.Functions.Worker;

namespace FunctionsApi.Agents.Analytics;

/// <summary>A tenant's own events.</summary>
internal sealed class AnalyticsFunctions(ApiPipeline pipeline, RecordEvents record, SummarizeEvents summarize)
{
    [Function("record-events")]
    public Task RecordAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/analytics/events")] HttpRequest request) =>
        pipeline.InvokeAsync(request.HttpContext, record);

    [Function("summarize-events")]
    public Task SummarizeAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/v1/analytics/summary")] HttpRequest request) =>
        pipeline.InvokeAsync(request.HttpContext, summarize);
}

using FunctionsApi.Api;
using Microsoft.Azure.Functions.Worker;

namespace FunctionsApi.Usage;

/// <summary>What was consumed, and what is left.</summary>
internal sealed class UsageFunctions(ApiPipeline pipeline, UsageEndpoint usage)
{
    [Function("get-usage")]
    public Task GetAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/v1/usage")] HttpRequest request) =>
        pipeline.InvokeAsync(request.HttpContext, usage);
}

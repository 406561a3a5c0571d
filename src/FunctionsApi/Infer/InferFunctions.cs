using FunctionsApi.Api;
using Microsoft.Azure.Functions.Worker;

namespace FunctionsApi.Infer;

/// <summary>The inference API.</summary>
internal sealed class InferFunctions(ApiPipeline pipeline, InferEndpoint infer)
{
    [Function("infer")]
    public Task InferAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "infer")] HttpRequest request) =>
        pipeline.InvokeAsync(request.HttpContext, infer);
}

using FunctionsApi.Agents.Knowledge.Search;
using FunctionsApi.Agents.Knowledge.Synthesis;
using FunctionsApi.Api;
using Microsoft.Azure.Functions.Worker;

namespace FunctionsApi.Agents.Knowledge;

/// <summary>What a tenant's documents say.</summary>
internal sealed class KnowledgeFunctions(ApiPipeline pipeline, SearchKnowledge search, Synthesize synthesize)
{
    [Function("search-knowledge")]
    public Task SearchAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/v1/knowledge/search")] HttpRequest request) =>
        pipeline.InvokeAsync(request.HttpContext, search);

    [Function("synthesize")]
    public Task SynthesizeAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/knowledge/synthesize")] HttpRequest request) =>
        pipeline.InvokeAsync(request.HttpContext, synthesize);
}

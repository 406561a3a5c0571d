using FunctionsApi.Api;
using Microsoft.Azure.Functions.Worker;

namespace FunctionsApi.Agents.Knowledge;

/// <summary>A tenant's documents, one by one.</summary>
internal sealed class DocumentFunctions(
    ApiPipeline pipeline, ListDocuments list, GetDocument get, DeleteDocument delete, DeleteDocuments deleteByCrawl)
{
    private const string Documents = "api/v1/knowledge/documents", One = Documents + "/{id}";

    [Function("list-documents")]
    public Task ListAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Documents)] HttpRequest request) =>
        pipeline.InvokeAsync(request.HttpContext, list);

    [Function("delete-documents")]
    public Task DeleteByCrawlAsync([HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = Documents)] HttpRequest request) =>
        pipeline.InvokeAsync(request.HttpContext, deleteByCrawl);

    [Function("get-document")]
    public Task GetAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = One)] HttpRequest request) =>
        pipeline.InvokeAsync(request.HttpContext, get);

    [Function("delete-document")]
    public Task DeleteAsync([HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = One)] HttpRequest request) =>
        pipeline.InvokeAsync(request.HttpContext, delete);
}

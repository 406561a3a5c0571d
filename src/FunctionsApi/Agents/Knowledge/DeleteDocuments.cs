using FunctionsApi.Api;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Agents.Knowledge;

/// <summary><c>DELETE /api/v1/knowledge/documents?crawl=</c>: deletes the documents that a crawl was the last to fetch.</summary>
internal sealed class DeleteDocuments(DocumentTable documents)
    : ApiEndpoint(ApiKind.Agents, "delete-documents")
{
    public override async Task HandleAsync(ApiRequest request)
    {
        request.Http.Request.Query.AllowOnly("crawl");
        var crawl = CrawlOf(request.Http.Request.Query);

        if (!await request.AcquireAsync())
            return;

        var count = await documents.DeleteByJobAsync(request.Caller.Tenant, crawl, request.Aborted);
        request.Answer(200, new(count), AgentsJson.Default.DeletedDocuments);
    }

    // Not every document for want of a parameter.
    private static string CrawlOf(IQueryCollection query) => query.Text("crawl") switch
    {
        null or "" => throw new ApiException(400, "invalid_parameter", "'crawl' is missing: it is the id of the crawl whose documents to delete."),
        var text when Guid.TryParseExact(text, "N", out var id) => id.ToString("N"),
        _ => throw new ApiException(400, "invalid_parameter", "'crawl' must be the id of a crawl."),
    };
}

/// <param name="Deleted">How many documents.</param>
internal sealed record DeletedDocuments(int Deleted);

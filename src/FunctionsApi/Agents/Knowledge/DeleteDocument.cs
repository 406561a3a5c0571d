using FunctionsApi.Api;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Agents.Knowledge;

/// <summary><c>DELETE /api/v1/knowledge/documents/{id}</c>: deletes one document.</summary>
internal sealed class DeleteDocument(DocumentTable documents)
    : ApiEndpoint(ApiKind.Agents, "delete-document")
{
    public override async Task HandleAsync(ApiRequest request)
    {
        var id = GetDocument.IdOf(request);

        if (!await request.AcquireAsync())
            return;

        if (!await documents.DeleteAsync(request.Caller.Tenant, id, request.Aborted))
            throw GetDocument.NotFound();
        request.Answer(200, new(1), AgentsJson.Default.DeletedDocuments);
    }
}

using FunctionsApi.Api;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Agents.Knowledge;

/// <summary><c>GET /api/v1/knowledge/documents/{id}</c>: one document with its text.</summary>
internal sealed class GetDocument(DocumentTable documents)
    : ApiEndpoint(ApiKind.Agents, "document")
{
    public override async Task HandleAsync(ApiRequest request)
    {
        var id = IdOf(request);

        if (!await request.AcquireAsync())
            return;

        var document = await documents.FindAsync(request.Caller.Tenant, id, request.Aborted) ?? throw NotFound();
        request.Http.Response.Headers.CacheControl = "no-store";
        request.Answer(200, DocumentAnswer.Of(document.Info, document.Text), AgentsJson.Default.DocumentAnswer);
    }

    /// <summary>The id in the request's path.</summary>
    /// <exception cref="ApiException">404: no document can have it.</exception>
    public static string IdOf(ApiRequest request) =>
        Guid.TryParseExact((string?)request.Http.GetRouteValue("id"), "N", out var id) ? id.ToString("N") : throw NotFound();

    public static ApiException NotFound() => new(404, "not_found", "You have no document of this id.");
}

using FunctionsApi.Api;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Settings;

namespace FunctionsApi.Agents.Knowledge;

/// <summary><c>GET /api/v1/knowledge/documents?limit=&amp;cursor=</c>: the tenant's documents in the order of their ids, and how much room is left.</summary>
internal sealed class ListDocuments(DocumentTable documents, KnowledgeOptions limits)
    : ApiEndpoint(ApiKind.Agents, "documents")
{
    private const int DefaultLimit = 50, MaxLimit = 200;

    public override async Task HandleAsync(ApiRequest request)
    {
        var query = request.Http.Request.Query;
        query.AllowOnly("limit", "cursor");
        var (limit, cursor) = (query.Limit(DefaultLimit, MaxLimit), query.Cursor());

        if (!await request.AcquireAsync())
            return;

        var tenant = request.Caller.Tenant;
        var found = await documents.ListAsync(tenant, cursor, request.Aborted).Take(limit + 1).ToListAsync(request.Aborted);
        var totals = await documents.TotalsAsync(tenant, request.Aborted);
        var answer = new DocumentList(
            [.. found.Take(limit).Select(info => DocumentAnswer.Of(info))],
            found.ElementAtOrDefault(limit)?.Id,
            new(totals.Count, limits.MaxDocuments, totals.Bytes, limits.MaxBytes));
        request.Http.Response.Headers.CacheControl = "no-store";
        request.Answer(200, answer, AgentsJson.Default.DocumentList);
    }
}

/// <param name="Documents">In the order of their ids.</param>
/// <param name="Next">The cursor of the next page; null where there is none.</param>
/// <param name="Totals">Of all the tenant's documents.</param>
internal sealed record DocumentList(IReadOnlyList<DocumentAnswer> Documents, string? Next, DocumentRoom Totals);

/// <param name="Documents">How many are stored.</param>
/// <param name="MaxDocuments">How many may be.</param>
/// <param name="Bytes">How long their titles and texts are, in UTF-8.</param>
/// <param name="MaxBytes">How long they may be.</param>
internal sealed record DocumentRoom(long Documents, long MaxDocuments, long Bytes, long MaxBytes);

/// <summary>A document, as its tenant sees it.</summary>
/// <param name="Id">Stays the same when the page is taken in again.</param>
/// <param name="Url">Where it was found.</param>
/// <param name="Title">Empty where it has none.</param>
/// <param name="FetchedAt">When it was last found to say this.</param>
/// <param name="Crawl">The crawl that last fetched it; null where none did.</param>
/// <param name="Bytes">The length of its title and text in UTF-8.</param>
/// <param name="Text">A paragraph to a line; null in a list.</param>
internal sealed record DocumentAnswer(string Id, string Url, string Title, DateTimeOffset FetchedAt, string? Crawl, long Bytes, string? Text)
{
    public static DocumentAnswer Of(DocumentInfo info, string? text = null) =>
        new(info.Id, info.Url, info.Title, info.FetchedAt, info.Job, info.Bytes, text);
}

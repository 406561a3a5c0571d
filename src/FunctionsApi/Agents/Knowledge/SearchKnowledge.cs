using FunctionsApi.Api;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Agents.Knowledge;

/// <summary><c>GET /api/v1/knowledge/search?q=&amp;limit=</c>: the tenant's documents that have the words looked for.</summary>
internal sealed class SearchKnowledge(DocumentTable documents)
    : ApiEndpoint(ApiKind.Agents, "search")
{
    private const int MaxQuery = 256, DefaultLimit = 10, MaxLimit = 50;

    public override async Task HandleAsync(ApiRequest request)
    {
        var query = QueryOf(request.Http.Request.Query);
        var limit = LimitOf(request.Http.Request.Query);
        var words = new Words(query);
        if (words.Count == 0)
            throw Invalid("'q' has no word to search for.");

        if (!await request.AcquireAsync())
            return;

        var answer = await SearchAsync(request.Caller.Tenant, query, words, limit, request.Aborted);
        request.AnswerCacheable(answer, AgentsJson.Default.SearchAnswer);
    }

    // Only what is answered is held in memory whole: the texts of all the others are let go once they are ranked.
    private async Task<SearchAnswer> SearchAsync(
        string tenant, string query, Words words, int limit, CancellationToken cancellationToken)
    {
        var ranking = new Ranking<string>(words);
        await foreach (var document in documents.TextsAsync(tenant, cancellationToken))
            ranking.Add(document.Info.Id, document.Text, document.Info.Title);

        List<SearchResult> results = [];
        foreach (var (id, score) in ranking.Best().Take(limit))
            if (await documents.FindAsync(tenant, id, cancellationToken) is { } document)
                results.Add(ResultOf(document, words, score));
        return new(query, ranking.Matches, results);
    }

    private static SearchResult ResultOf(Document document, Words words, double score) => new(
        document.Info.Id, document.Info.Url, document.Info.Title, Math.Round(score, 4), Snippet.Of(document.Text, words), document.Info.FetchedAt);

    private static string QueryOf(IQueryCollection query) => query.Text("q")?.Trim() switch
    {
        null or "" => throw Invalid("'q' is missing."),
        { Length: > MaxQuery } => throw Invalid($"'q' is longer than {MaxQuery} characters."),
        var text => text,
    };

    private static int LimitOf(IQueryCollection query) => query.Text("limit") switch
    {
        null => DefaultLimit,
        var text when int.TryParse(text, out var limit) && limit is >= 1 and <= MaxLimit => limit,
        _ => throw Invalid($"'limit' must be a whole number from 1 to {MaxLimit}."),
    };

    private static ApiException Invalid(string message) => new(400, "invalid_parameter", message);
}

/// <param name="Query">What was looked for.</param>
/// <param name="Total">How many documents match.</param>
/// <param name="Results">The best matches first.</param>
internal sealed record SearchAnswer(string Query, int Total, IReadOnlyList<SearchResult> Results);

/// <param name="DocumentId">Stays the same when the page is taken in again.</param>
/// <param name="Url">Where the document was found.</param>
/// <param name="Title">Empty where it has none.</param>
/// <param name="Score">More is better; compares within one answer only.</param>
/// <param name="Snippet">The text around the first match.</param>
/// <param name="FetchedAt">When it was found to say this.</param>
internal sealed record SearchResult(string DocumentId, string Url, string Title, double Score, string Snippet, DateTimeOffset FetchedAt);

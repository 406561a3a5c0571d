using FunctionsApi.Api;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Agents.Knowledge.Search;

/// <summary><c>GET /api/v1/knowledge/search?q=&amp;limit=&amp;cursor=</c>: the tenant's documents that have any of the words looked for.</summary>
internal sealed class SearchKnowledge(SearchIndexes indexes, DocumentTable documents) : ApiEndpoint(ApiKind.Agents, "search")
{
    private const int MaxQuery = 256, DefaultLimit = 10, MaxLimit = 50, ScoreDigits = 6;

    public override async Task HandleAsync(ApiRequest request)
    {
        var (parameters, tenant) = (request.Http.Request.Query, request.Caller.Tenant);
        parameters.AllowOnly("q", "limit", "cursor");
        var query = QueryOf(parameters);
        var limit = parameters.Limit(DefaultLimit, MaxLimit);
        var skip = parameters.Text("cursor") is { } cursor ? SearchCursor.Read(cursor, tenant, query) : 0;
        var terms = SearchTerms.Of(query);
        if (terms.Count == 0)
            throw Invalid("'q' has no word to search for: give it at least one letter or digit.");

        if (!await request.AcquireAsync())
            return;

        var found = await indexes.ReadAsync(tenant, index => index.Find(terms, skip, limit), request.Aborted);
        var next = skip + limit < Math.Min(found.Total, SearchCursor.MaxSkip) ? SearchCursor.Of(tenant, query, skip + limit) : null;
        request.AnswerCacheable(
            new(query, found.Total, await ResultsAsync(tenant, found.Documents, request.Aborted), next), AgentsJson.Default.SearchAnswer);
    }

    // When a page was last found to say what it says is not in the index; one that was deleted within the last second is.
    private async Task<List<SearchResult>> ResultsAsync(string tenant, IEnumerable<FoundDocument> found, CancellationToken cancellationToken)
    {
        List<SearchResult> results = [];
        foreach (var document in found)
            if (await documents.FindInfoAsync(tenant, document.Id, cancellationToken) is { } info)
                results.Add(new(
                    info.Id, info.Url, info.Title, Rounded(document.Score), document.Snippet.Text, document.Snippet.Ranges, info.FetchedAt));
        return results;
    }

    // Scores of words that most documents have are tiny, and still differ.
    private static double Rounded(double score) =>
        score == 0 ? 0 : Math.Round(score, Math.Clamp(ScoreDigits - (int)Math.Ceiling(Math.Log10(Math.Abs(score))), 0, 15));

    private static string QueryOf(IQueryCollection query) => query.Text("q")?.Trim() switch
    {
        null or "" => throw Invalid("'q' is missing: give the words to search for."),
        { Length: > MaxQuery } => throw Invalid($"'q' is longer than {MaxQuery} characters: shorten it."),
        var text => text,
    };

    private static ApiException Invalid(string message) => new(400, "invalid_parameter", message);
}

/// <param name="Query">What was looked for.</param>
/// <param name="Total">How many documents match.</param>
/// <param name="Results">The best matches first.</param>
/// <param name="Next">The cursor of the results after these; null, and left out, where there are none.</param>
internal sealed record SearchAnswer(string Query, int Total, IReadOnlyList<SearchResult> Results, string? Next);

/// <param name="DocumentId">Stays the same when the page is taken in again.</param>
/// <param name="Url">Where the document was found.</param>
/// <param name="Title">Empty where it has none.</param>
/// <param name="Score">More is better; compares within one answer only.</param>
/// <param name="Snippet">Plain text, the part of the document that has most of what was looked for.</param>
/// <param name="Highlights">What was found in the snippet.</param>
/// <param name="FetchedAt">When it was last found to say this.</param>
internal sealed record SearchResult(
    string DocumentId, string Url, string Title, double Score, string Snippet, IReadOnlyList<TextRange> Highlights, DateTimeOffset FetchedAt);

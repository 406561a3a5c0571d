using FunctionsApi.Agents.Knowledge.Search;

namespace FunctionsApi.Agents.Knowledge.Synthesis;

/// <summary>What a tenant's documents have on a question.</summary>
/// <param name="Passages">The best first.</param>
/// <param name="Weights">How much each term of the question tells.</param>
/// <param name="Quotes">The sentences that answer, the best first, of a document each.</param>
internal sealed record Ground(IReadOnlyList<Passage> Passages, IReadOnlyList<double> Weights, IReadOnlyList<Quote> Quotes)
{
    private const int MaxDocuments = 10;

    public static Ground Of(Question question, SearchIndex index, int maxSources)
    {
        var found = index.FindTexts(question.Terms, MaxDocuments);
        var weights = Synthesis.Passages.Weights(found);
        var passages = Synthesis.Passages.Rank(found, weights);
        return new(passages, weights, Extract.Quotes(question, passages, weights, maxSources));
    }
}

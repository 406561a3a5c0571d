// An answer is made of the tenant's own sentences and nothing else: of the best documents, the sentence of each that has
// most of the question's words, each with the number of its source. It costs one LLM credit for the question and one for
// each source that it draws on, which usage meters; the request's permit is a matter of its own.

using FunctionsApi.Api;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Usage;

namespace FunctionsApi.Agents.Knowledge;

/// <summary><c>POST /api/v1/knowledge/synthesize</c>: answers a question from the tenant's documents.</summary>
internal sealed class Synthesize(DocumentTable documents, RequestUsage usage)
    : ApiEndpoint(ApiKind.Agents, "synthesize")
{
    private const int MaxQuestion = 2000, DefaultSources = 3, MaxSources = 10;

    public override async Task HandleAsync(ApiRequest request)
    {
        var body = new BodyObject((await request.ReadJsonAsync()).RootElement);
        var question = body.Text("question", MaxQuestion);
        var maxSources = body.Number("maxSources", 1, MaxSources, otherwise: DefaultSources);
        var words = new Words(question);
        if (words.Count == 0)
            throw new ApiException(400, "invalid_request", "'question' has no word to look for.");

        if (!await request.AcquireAsync())
            return;

        var synthesis = await SynthesizeAsync(request.Caller.Tenant, question, words, maxSources, request.Aborted);
        usage.Spent(request, synthesis.Credits);
        request.Answer(200, synthesis, AgentsJson.Default.Synthesis);
    }

    private async Task<Synthesis> SynthesizeAsync(
        string tenant, string question, Words words, int maxSources, CancellationToken cancellationToken)
    {
        var ranking = new Ranking<string>(words);
        var stored = 0;
        await foreach (var document in documents.TextsAsync(tenant, cancellationToken))
        {
            stored++;
            ranking.Add(document.Info.Id, document.Text);
        }

        List<SynthesisSource> sources = [];
        foreach (var (id, _) in ranking.Best().Take(maxSources))
            if (await documents.FindAsync(tenant, id, cancellationToken) is { } document
                && Sentences.Best(document.Text, words) is { } quote)
                sources.Add(new(sources.Count + 1, id, document.Info.Url, document.Info.Title, quote));
        return new(question, AnswerOf(sources, stored), sources, Credits: 1 + sources.Count);
    }

    private static string AnswerOf(List<SynthesisSource> sources, int stored) => (sources, stored) switch
    {
        (_, 0) => "There is nothing to draw on: no documents are stored.",
        ([], _) => $"There is nothing to draw on: none of the {stored} stored documents has a word of the question.",
        _ => string.Join(" ", sources.Select(source => $"{source.Quote} [{source.Number}]")),
    };
}

/// <param name="Question">What was asked.</param>
/// <param name="Answer">Sentences of the sources, each with its source's number.</param>
/// <param name="Sources">What the answer is made of; empty where there was nothing to draw on.</param>
/// <param name="Credits">LLM credits that this answer cost.</param>
internal sealed record Synthesis(string Question, string Answer, IReadOnlyList<SynthesisSource> Sources, int Credits);

/// <param name="Number">How the answer refers to it: 1 and up.</param>
/// <param name="DocumentId">The document.</param>
/// <param name="Url">Where it was found.</param>
/// <param name="Title">Empty where it has none.</param>
/// <param name="Quote">The sentence that was taken.</param>
internal sealed record SynthesisSource(int Number, string DocumentId, string Url, string Title, string Quote);

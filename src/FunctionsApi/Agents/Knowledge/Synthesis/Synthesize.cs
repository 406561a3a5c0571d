// An answer costs one LLM credit for each source: each document that an extractive answer quotes, or whose passages the model was given.
// Where nothing was found it costs none. What it costs is known when it is answered, and at most the sources that the request allows;
// so that much is what a policy that counts credits is asked for beforehand, and what it costs less is given back.

using FunctionsApi.Agents.Knowledge.Search;
using FunctionsApi.Api;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Usage;

namespace FunctionsApi.Agents.Knowledge.Synthesis;

/// <summary><c>POST /api/v1/knowledge/synthesize</c>: answers a question from the tenant's documents.</summary>
/// <param name="indexes">Where to look.</param>
/// <param name="documents">What the sources are.</param>
/// <param name="generator">Null answers in the sources' own sentences.</param>
/// <param name="usage">Counts the credits.</param>
internal sealed class Synthesize(SearchIndexes indexes, DocumentTable documents, Generator? generator, RequestUsage usage)
    : ApiEndpoint(ApiKind.Agents, "synthesize")
{
    private const int MaxQuestion = 2000, DefaultSources = 3, MaxSources = 10;

    private const string NothingFound = "Nothing in the stored documents answers this.";

    public override async Task HandleAsync(ApiRequest request)
    {
        var body = new BodyObject((await request.ReadJsonAsync()).RootElement);
        var question = new Question(body.Text("question", MaxQuestion));
        var maxSources = body.Number("maxSources", 1, MaxSources, otherwise: DefaultSources);
        if (question.Terms.Count == 0)
            throw new ApiException(400, "invalid_request", "'question' has no word to look for.");

        if (!await request.AcquireAsync(credits: maxSources))
            return;

        try
        {
            await AnswerAsync(request, question, maxSources);
        }
        finally
        {
            // What ended before it was known what it costs has cost nothing.
            await request.SettleCreditsAsync(spent: 0);
        }
    }

    private async Task AnswerAsync(ApiRequest request, Question question, int maxSources)
    {
        var ground = await indexes.ReadAsync(request.Caller.Tenant, index => Ground.Of(question, index, maxSources), request.Aborted);
        var stream = Accept.Names(request.Http.Request.Headers.Accept, AnswerEvents.MediaType) ? new AnswerEvents(request.Http.Response) : null;
        var answer = generator is null
            ? await ExtractAsync(request, question, ground, stream)
            : await GenerateAsync(request, generator, question, new(question, ground, maxSources), stream);
        if (stream is not null)
            await stream.EndAsync(answer, request.Aborted);
        else if (answer is not null)
            request.Answer(200, answer, AgentsJson.Default.SynthesisAnswer);
    }

    private async Task<SynthesisAnswer> ExtractAsync(ApiRequest request, Question question, Ground ground, AnswerEvents? stream)
    {
        var sources = await SourcesAsync(request, ground.Quotes.Select((quote, place) => (place + 1, quote.Document.Id, quote.Text)));
        await SpendAsync(request, sources.Count);
        var text = string.Join(' ', sources.Select(source => $"{source.Quote} [{source.Number}]"));
        if (sources.Count == 0)
            return new(question.Text, AnswerKind.NothingFound, NothingFound, [], Credits: 0);
        if (stream is not null)
            await stream.SendAsync(text, request.Aborted);
        return new(question.Text, AnswerKind.Extractive, text, sources, Credits: sources.Count);
    }

    private async Task<SynthesisAnswer?> GenerateAsync(ApiRequest request, Generator generator, Question question, GeneratedAnswer answer, AnswerEvents? stream)
    {
        var isWhole = false;
        try
        {
            await foreach (var piece in answer.AskAsync(generator, request.Aborted))
                if (stream is not null)
                    await stream.SendAsync(piece, request.Aborted);
            isWhole = true;
        }
        catch (ApiException exception) when (stream is { HasBegun: true })
        {
            await stream.FailAsync(exception.Error, request.Aborted);
            return null;
        }
        finally
        {
            // What was answered until it failed was answered. A client that leaves has made the model work, whatever it was sent of that.
            if (request.Aborted.IsCancellationRequested ? answer.Given.Count > 0 : !answer.IsNothing && (isWhole || stream is { HasBegun: true }))
                await SpendAsync(request, answer.Given.Count);
        }

        if (answer.IsNothing)
            return new(question.Text, AnswerKind.NothingFound, NothingFound, [], Credits: 0) { Tokens = answer.Tokens };
        return new(
            question.Text, AnswerKind.Generated, answer.Text,
            await SourcesAsync(request, answer.Cited.Select(cited => (cited.Source.Number, cited.Source.Document.Id, cited.Quote))), answer.Given.Count)
        {
            DroppedCitations = answer.Dropped,
            Tokens = answer.Tokens,
        };
    }

    private ValueTask SpendAsync(ApiRequest request, int credits)
    {
        usage.Spent(request, credits);
        return request.SettleCreditsAsync(credits);
    }

    // A document that was deleted within the last second is no source any more.
    private async Task<List<SynthesisSource>> SourcesAsync(ApiRequest request, IEnumerable<(int Number, string Id, string Quote)> quotes)
    {
        List<SynthesisSource> sources = [];
        foreach (var (number, id, quote) in quotes)
            if (await documents.FindInfoAsync(request.Caller.Tenant, id, request.Aborted) is { } info)
                sources.Add(new(number, id, info.Url, info.Title, quote));
        return sources;
    }
}

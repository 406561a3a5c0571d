using System.Runtime.CompilerServices;
using System.Text;

namespace FunctionsApi.Agents.Knowledge.Synthesis;

/// <summary>An answer of the model as it arrives: with the citations that stand, and without the others.</summary>
internal sealed class GeneratedAnswer(Question question, Ground ground, int maxSources)
{
    private readonly StringBuilder _text = new();
    private CitationFilter? _citations;

    /// <summary>What the model is given; empty where there is nothing.</summary>
    public IReadOnlyList<PromptSource> Given { get; } = Prompt.Choose(ground.Passages, maxSources);

    /// <summary>Whether the model found nothing, or had nothing to find it in.</summary>
    public bool IsNothing => Given.Count == 0 || _text.Length == 0;

    /// <summary>What has been shown so far.</summary>
    public string Text => _text.ToString();

    public TokenCount? Tokens { get; private set; }

    public int Dropped => _citations?.Dropped ?? 0;

    /// <summary>The sources that its citations stand in, and the words that were cited.</summary>
    public IEnumerable<(PromptSource Source, string Quote)> Cited => _citations is null ? [] : _citations.Cited.Select(cited =>
        Given[cited.Key - 1] is var source && cited.Value.Length > 0 ? (source, cited.Value) : (Given[cited.Key - 1], Extract.Best(question, Given[cited.Key - 1].Passages, ground.Weights)));

    /// <summary>Asks the model, and gives what can be shown as it comes.</summary>
    public async IAsyncEnumerable<string> AskAsync(Generator generator, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (Given.Count == 0)
            yield break;
        _citations = new(Given);
        // Until it is clear that it does not say that it found nothing.
        var begin = "";
        var hasBegun = false;
        await foreach (var piece in generator.AskAsync(question.Text, Given, tokens => Tokens = tokens, cancellationToken))
        {
            begin += piece;
            if (!hasBegun && Prompt.NothingFound.StartsWith(begin.TrimStart().TrimEnd('.', ' ', '\n'), StringComparison.Ordinal))
                continue;
            hasBegun = true;
            if (Show(_citations.Feed(begin)) is { Length: > 0 } shown)
                yield return shown;
            begin = "";
        }

        if (!hasBegun)
            begin = "";
        if (Show(_citations.Feed(begin) + _citations.End()) is { Length: > 0 } rest)
            yield return rest;
    }

    private string Show(string text)
    {
        if (_text.Length == 0)
            text = text.TrimStart();
        _text.Append(text);
        return text;
    }
}

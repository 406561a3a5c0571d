using System.Text.Json.Serialization;

namespace FunctionsApi.Agents.Knowledge.Synthesis;

/// <summary>An answer to a question.</summary>
/// <param name="Question">What was asked.</param>
/// <param name="Kind">Where its words come from.</param>
/// <param name="Answer">Plain text. Each source is referred to by its number in brackets.</param>
/// <param name="Sources">What it draws on.</param>
/// <param name="Credits">LLM credits that it cost.</param>
internal sealed record SynthesisAnswer(string Question, AnswerKind Kind, string Answer, IReadOnlyList<SynthesisSource> Sources, int Credits)
{
    /// <summary>How many citations the model made that do not stand in its sources; null, and left out, where no model was asked.</summary>
    public int? DroppedCitations { get; init; }

    /// <summary>What the model read and wrote; null, and left out, where none was asked or it told nothing.</summary>
    public TokenCount? Tokens { get; init; }
}

/// <summary>Where an answer's words come from.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AnswerKind>))]
internal enum AnswerKind
{
    /// <summary>From the sources, word for word.</summary>
    [JsonStringEnumMemberName("extractive")]
    Extractive,

    /// <summary>From a model, which was given the sources.</summary>
    [JsonStringEnumMemberName("generated")]
    Generated,

    /// <summary>Nothing in the documents answers.</summary>
    [JsonStringEnumMemberName("nothing-found")]
    NothingFound,
}

/// <param name="Number">How the answer refers to it: 1 and up.</param>
/// <param name="DocumentId">The document.</param>
/// <param name="Url">Where it was found.</param>
/// <param name="Title">Empty where it has none.</param>
/// <param name="Quote">What it says, word for word.</param>
internal sealed record SynthesisSource(int Number, string DocumentId, string Url, string Title, string Quote);

/// <param name="Input">What the model was given.</param>
/// <param name="Output">What it answered.</param>
internal sealed record TokenCount(long Input, long Output);

/// <param name="Text">The next piece of an answer that is streamed.</param>
internal sealed record AnswerDelta(string Text);

namespace FunctionsApi.Agents.Ingestion.Reading;

/// <summary>What a page says.</summary>
/// <param name="Title">Empty where it has none.</param>
/// <param name="Text">Its readable text, a paragraph to a line.</param>
internal sealed record Page(string Title, string Text)
{
    /// <summary>The pages that it links to, absolute and as they are fetched; of any host.</summary>
    public IReadOnlyList<string> Links { get; init; } = [];

    public RobotsTags Tags { get; init; }

    /// <summary>The URL under which its site wants it to be known; null where it does not say.</summary>
    public Uri? Canonical { get; init; }
}

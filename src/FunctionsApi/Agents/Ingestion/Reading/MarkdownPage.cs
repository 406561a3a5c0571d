using Markdig;

namespace FunctionsApi.Agents.Ingestion.Reading;

/// <summary>Reads a page of Markdown.</summary>
internal static class MarkdownPage
{
    // Nesting and tables cost more than their length; nobody writes pages for people that are longer.
    private const int MaxLength = 512 * 1024;

    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UseYamlFrontMatter().UsePipeTables().UseAutoLinks().Build();

    /// <exception cref="PageException">It is too long.</exception>
    public static Task<Page> ReadAsync(string markdown, Uri url, CancellationToken cancellationToken) => markdown.Length <= MaxLength
        ? HtmlPage.ReadAsync(Markdown.ToHtml(markdown, Pipeline), url, findArticle: false, cancellationToken)
        : throw new PageException($"It is longer than {MaxLength:N0} characters.");
}

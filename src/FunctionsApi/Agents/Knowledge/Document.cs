using System.Security.Cryptography;
using System.Text;
using FunctionsApi.Internet;

namespace FunctionsApi.Agents.Knowledge;

/// <summary>Text that a tenant has taken in, to search and to draw answers from.</summary>
/// <param name="Info">What is known about it.</param>
/// <param name="Text">A paragraph to a line.</param>
internal sealed record Document(DocumentInfo Info, string Text)
{
    /// <summary>The pages that it links to, as they are fetched; as many as fit in 64 KiB.</summary>
    public IReadOnlyList<string> Links { get; init; } = [];

    /// <param name="url">An absolute http or https URL.</param>
    /// <param name="title">As in <see cref="DocumentInfo.Title"/>.</param>
    /// <param name="text">A paragraph to a line.</param>
    /// <param name="fetchedAt">When it was found to say this.</param>
    public static Document Of(string url, string title, string text, DateTimeOffset fetchedAt) =>
        new(new(IdOf(url), PageUrl.Clean(new(url)), title, fetchedAt), text);

    /// <summary>The id of the document at a URL, the same for all URLs of a page.</summary>
    public static string IdOf(string url) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(PageUrl.KeyOf(new(url)))).AsSpan(0, 16));
}

/// <summary>What is known about a document without its text.</summary>
/// <param name="Id">32 hexadecimal digits, the same for the same page, so that taking a page in again replaces it.</param>
/// <param name="Url">Where it was found.</param>
/// <param name="Title">Empty where it has none.</param>
/// <param name="FetchedAt">When it was last found to say this.</param>
internal sealed record DocumentInfo(string Id, string Url, string Title, DateTimeOffset FetchedAt)
{
    /// <summary>The crawl job that last fetched it; null where none did.</summary>
    public string? Job { get; init; }

    /// <summary>The ETag with which its source served it; null where it told none.</summary>
    public string? SourceETag { get; init; }

    /// <summary>When its source last changed it, by the source's word; null where it told nothing.</summary>
    public DateTimeOffset? SourceLastModified { get; init; }

    /// <summary>The length of its title and text in UTF-8. Set when it is stored.</summary>
    public long Bytes { get; init; }

    /// <summary>
    /// The version of the tenant's documents (<see cref="DocumentTable.VersionAsync"/>) that brought this title and text: another
    /// number for another text. Set when it is stored.
    /// </summary>
    public long Revision { get; init; }
}

using System.Security.Cryptography;
using System.Text;

namespace FunctionsApi.Agents.Knowledge;

/// <summary>Text that a tenant has taken in, to search and to draw answers from.</summary>
/// <param name="Id">The same for the same URL, so that taking a page in again replaces it.</param>
/// <param name="Url">Where it was found.</param>
/// <param name="Title">Empty where it has none.</param>
/// <param name="Text">A paragraph to a line.</param>
/// <param name="FetchedAt">When it was found to say this.</param>
internal sealed record Document(string Id, string Url, string Title, string Text, DateTimeOffset FetchedAt)
{
    /// <summary>The crawl job that stored it; null where none did.</summary>
    public string? Job { get; init; }

    public static Document Of(string url, string title, string text, DateTimeOffset fetchedAt) =>
        new(IdOf(url), PageOf(url), title, text, fetchedAt);

    /// <summary>The id of the document at an address.</summary>
    public static string IdOf(string url) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(PageOf(url))).AsSpan(0, 16));

    private static string PageOf(string url) => new UriBuilder(url) { Fragment = "" }.Uri.AbsoluteUri;
}

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
    public static Document Of(string url, string title, string text, DateTimeOffset fetchedAt)
    {
        var page = new UriBuilder(url) { Fragment = "" }.Uri.AbsoluteUri;
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(page));
        return new(Convert.ToHexStringLower(hash.AsSpan(0, 16)), page, title, text, fetchedAt);
    }
}

using System.IO.Compression;
using System.Text;
using System.Xml;
using FunctionsApi.Internet;

namespace FunctionsApi.Agents.Ingestion.Reading;

/// <summary>
/// The pages that a site lists in its sitemaps, by https://www.sitemaps.org/protocol.html: those that robots.txt names, or else
/// <c>/sitemap.xml</c>, and what they refer to. What cannot be read is left out.
/// </summary>
internal sealed class Sitemaps(PoliteClient client, SiteRules rules)
{
    // The protocol allows 50 MiB and 50,000 URLs a file; a crawl takes 1,000 pages.
    private const int MaxFiles = 20, MaxBytes = 5 * 1024 * 1024, MaxRedirects = 3;

    /// <param name="site">Any URL of the site.</param>
    /// <param name="most">How many pages are asked for.</param>
    /// <param name="keep">As in <see cref="PoliteClient.GetAsync"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Pages of the site, as they are fetched.</returns>
    public async Task<IReadOnlyList<string>> ReadAsync(Uri site, int most, Func<CancellationToken, Task> keep, CancellationToken cancellationToken)
    {
        var robots = await rules.OfAsync(site, keep, cancellationToken);
        string[] named = robots.Sitemaps.Count > 0 ? [.. robots.Sitemaps] : [$"{PageUrl.OriginOf(site)}/sitemap.xml"];
        var files = new Queue<Uri>(named.Select(name => Resolve(site, name)).OfType<Uri>());
        var (seen, pages) = (new HashSet<string>(), new HashSet<string>());
        while (files.TryDequeue(out var file) && seen.Count < MaxFiles && pages.Count < most)
        {
            if (!seen.Add(PageUrl.Clean(file)) || !robots.Allows(file))
                continue;
            foreach (var (url, isFile) in Entries(await TryReadAsync(file, site, robots, keep, cancellationToken), most))
            {
                if (Resolve(site, url) is not { } target)
                    continue;
                if (isFile)
                    files.Enqueue(target);
                else if (pages.Count < most && PageUrl.Clean(target) is { Length: <= PageUrl.MaxLength } page)
                    pages.Add(page);
            }
        }

        return [.. pages];
    }

    private static Uri? Resolve(Uri site, string url) =>
        Uri.TryCreate(site, url, out var target) && PageUrl.IsPage(target) && PageUrl.IsSameSite(target, site) ? target : null;

    private async Task<byte[]> TryReadAsync(Uri file, Uri site, RobotsTxt robots, Func<CancellationToken, Task> keep, CancellationToken cancellationToken)
    {
        try
        {
            for (var redirects = 0; redirects <= MaxRedirects; redirects++)
            {
                var request = new SiteRequest(file) { Accept = "application/xml, text/plain;q=0.5", MaxBytes = _ => MaxBytes };
                var answer = await client.GetAsync(request, robots.CrawlDelay, keep, cancellationToken);
                if (answer.RedirectsTo is not { } target)
                    return Unpack(answer.Body);
                if (Resolve(site, target.AbsoluteUri) is null)
                    return [];
                file = target;
            }
        }
        catch (Exception exception) when (exception is PageException or InvalidDataException)
        {
            // A sitemap is an offer. The pages that it would have named may still be linked to.
        }

        return [];
    }

    private static byte[] Unpack(byte[] body)
    {
        if (body is not [0x1F, 0x8B, ..])
            return body;
        using var unpacking = new GZipStream(new MemoryStream(body), CompressionMode.Decompress);
        var unpacked = new byte[MaxBytes];
        return unpacked[..unpacking.ReadAtLeast(unpacked, MaxBytes, throwOnEndOfStream: false)];
    }

    /// <summary>What a sitemap lists, in its order, as far as it can be read; a text file lists a URL in each line.</summary>
    private static List<(string Url, bool IsFile)> Entries(byte[] file, int most)
    {
        List<(string, bool)> entries = [];
        if (file.AsSpan().TrimStart(" \t\r\n\xEF\xBB\xBF"u8) is not [(byte)'<', ..])
            return [.. Encoding.UTF8.GetString(file).Split('\n', most + 1, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Take(most).Select(line => (line, false))];
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(file), new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            var isIndex = false;
            while (reader.Read() && entries.Count <= most)
            {
                if (reader.NodeType != XmlNodeType.Element)
                    continue;
                isIndex |= reader.LocalName == "sitemapindex";
                // The loc of a picture or a video is in another namespace, and has another parent.
                if (reader.LocalName == "loc" && reader.Prefix.Length == 0)
                    entries.Add((reader.ReadElementContentAsString().Trim(), isIndex));
            }
        }
        catch (XmlException)
        {
            // What came before the mistake is good.
        }

        return entries;
    }
}

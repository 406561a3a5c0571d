// The same page has many URLs: with a fragment, with what an advertisement or a newsletter adds to count clicks, with a slash at its
// end or without. A page is fetched by its URL without fragment and click parameters, and known by that without the slash.
//
//   https://Example.com:443/plans/?utm_source=mail&lang=en#top   is fetched as   https://example.com/plans/?lang=en
//                                                                 and known as   https://example.com/plans?lang=en

using System.Collections.Frozen;
using System.Text;

namespace FunctionsApi.Internet;

/// <summary>Tells which URLs lead to the same page.</summary>
internal static class PageUrl
{
    public const int MaxLength = 2048;

    private static readonly FrozenSet<string> ClickParameters = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        "gclid", "gclsrc", "gbraid", "wbraid", "dclid", "fbclid", "msclkid", "yclid", "twclid", "ttclid", "igshid", "li_fat_id",
        "mc_cid", "mc_eid", "_ga", "_gl", "_hsenc", "_hsmi", "mkt_tok", "vero_id");

    /// <summary>The URL by which a page is fetched.</summary>
    /// <param name="url">Absolute, http or https.</param>
    public static string Clean(Uri url) => Write(url, url.AbsolutePath);

    /// <summary>What all URLs of a page have in common.</summary>
    /// <param name="url">Absolute, http or https.</param>
    public static string KeyOf(Uri url) => Write(url, url.AbsolutePath.TrimEnd('/'));

    /// <summary>The scheme, host and port.</summary>
    public static string OriginOf(Uri url) => $"{url.Scheme}://{AuthorityOf(url)}";

    /// <summary>The host as DNS has it, and the port where it is not the scheme's own.</summary>
    public static string AuthorityOf(Uri url) => url.IsDefaultPort ? HostOf(url) : $"{HostOf(url)}:{url.Port}";

    /// <summary>
    /// Whether two URLs are of one site: hosts that differ in no more than a leading <c>www.</c>, and the same port, but for the step
    /// from http to https.
    /// </summary>
    public static bool IsSameSite(Uri a, Uri b) =>
        SiteOf(a).Equals(SiteOf(b), StringComparison.OrdinalIgnoreCase)
        && (a.Port == b.Port || (a.IsDefaultPort && b.IsDefaultPort));

    /// <summary>Whether it is a URL that pages have: http or https, with a host, and with nobody's name or password.</summary>
    public static bool IsPage(Uri url) =>
        url is { IsAbsoluteUri: true, Scheme: "http" or "https", UserInfo: "" } && url.Host.Length > 0;

    private static string SiteOf(Uri url) => HostOf(url) is var host && host.StartsWith("www.", StringComparison.OrdinalIgnoreCase) ? host[4..] : host;

    private static string HostOf(Uri url) =>
        url.HostNameType == UriHostNameType.IPv6 ? url.Host : url.IdnHost.TrimEnd('.').ToLowerInvariant();

    private static string Write(Uri url, string path)
    {
        var text = new StringBuilder(OriginOf(url)).Append(path);
        var separator = '?';
        foreach (var parameter in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            if (IsClickParameter(parameter.Split('=')[0]))
                continue;
            text.Append(separator).Append(parameter);
            separator = '&';
        }

        return text.ToString();
    }

    private static bool IsClickParameter(string name) =>
        name.StartsWith("utm_", StringComparison.OrdinalIgnoreCase) || ClickParameters.Contains(name);
}

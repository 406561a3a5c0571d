// What a page is about is found in three steps. First everything goes that no reader takes for the page's text: what is hidden, what
// is not text, and what its elements and roles say is navigation, a footer, a dialog or a search form. Then SmartReader, which is
// Firefox's reader view, looks for the article in what is left. Where it finds none, or so little that it must have missed most, what
// is left is the text.

using System.Collections.Frozen;
using System.Text.RegularExpressions;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using FunctionsApi.Internet;
using SmartReader;

namespace FunctionsApi.Agents.Ingestion.Reading;

/// <summary>Reads a page of HTML.</summary>
internal static partial class HtmlPage
{
    private const int MaxElements = 50_000, MaxOpen = 2_000, MaxDepth = 400, MaxLinks = 5_000, MaxStyle = 64 * 1024;

    // The search for the article takes the square of these.
    private const int MaxArticleElements = 5_000, MaxArticleSiblings = 1_000;

    // Under so much of what is left, the article is not what the page is about.
    private const double LeastShare = 0.25;

    private const string NoText =
        "script, style, noscript, template, svg, math, canvas, iframe, object, embed, video, audio, picture, map, select, textarea, input, button, datalist";

    private const string NoContent =
        "nav, footer, dialog, menu, [role=navigation], [role=banner], [role=contentinfo], [role=dialog], [role=alertdialog], [role=search], "
        + "[role=menu], [role=menubar], [role=toolbar], [role=alert], body > header, body > div > header, body > aside, form[role=search]";

    private static readonly FrozenSet<string> EndByThemselves = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen", "link", "meta", "param", "source", "track", "wbr",
        "p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "colgroup", "option", "optgroup", "rt", "rp", "path", "use", "circle", "rect", "line", "g");

    private const string Hidden = "[hidden], [aria-hidden=true], .sr-only, .visually-hidden, .screen-reader-text";

    /// <param name="html">The page.</param>
    /// <param name="url">Where it is.</param>
    /// <param name="findArticle">Whether it may be more than its text; false for what was made from text of another kind.</param>
    /// <param name="cancellationToken">Ends the search for the article; what the page says is told all the same.</param>
    /// <exception cref="PageException">It has more elements, or deeper ones, than any page for people has.</exception>
    public static async Task<Page> ReadAsync(string html, Uri url, bool findArticle, CancellationToken cancellationToken)
    {
        var document = Parse(html);
        var start = BaseOf(document, url);
        var page = new Page(TitleOf(document), "")
        {
            Links = LinksOf(document, start),
            Tags = TagsOf(document),
            Canonical = document.QuerySelector("link[rel~=canonical i][href]")?.GetAttribute("href") is { } href ? Resolve(start, href) : null,
        };
        Clean(document);
        var rest = document.Body is { } body ? HtmlText.Of(body) : "";
        var article = findArticle && CanHaveArticle(document) ? await ArticleAsync(document, url, cancellationToken) : "";
        return page with { Text = article.Length > 0 && article.Length >= rest.Length * LeastShare ? article : rest };
    }

    /// <summary>Makes of XHTML what means the same to a parser of HTML: elements that end themselves have an end, and CDATA is text.</summary>
    public static string FromXhtml(string xhtml) =>
        CData().Replace(SelfClosed().Replace(xhtml, "<${name}${attributes}></${name}>"), match => System.Net.WebUtility.HtmlEncode(match.Groups["text"].Value));

    private static IHtmlDocument Parse(string html)
    {
        var (count, open) = (0, 0);
        var parser = new HtmlParser(new HtmlParserOptions
        {
            MaximumDepth = MaxDepth,
            SkipComments = true,
            DisableElementPositionTracking = true,
            OnCreated = (_, _) =>
            {
                if (++count > MaxElements)
                    throw new PageException($"It has more than {MaxElements:N0} elements.");
            },
            // Each tag looks through all elements that are open.
            OnToken = (token, _) =>
            {
                if (token.Type is not (HtmlTokenType.StartTag or HtmlTokenType.EndTag) || EndByThemselves.Contains(token.Name))
                    return;
                open = token.Type == HtmlTokenType.StartTag ? open + 1 : Math.Max(0, open - 1);
                if (open > MaxOpen)
                    throw new PageException($"It has more than {MaxOpen:N0} elements within one another.");
            },
        });
        return parser.ParseDocument(html);
    }

    private static bool CanHaveArticle(IHtmlDocument document) =>
        document.All.Length <= MaxArticleElements && document.All.All(element => element.ChildElementCount <= MaxArticleSiblings);

    private static async Task<string> ArticleAsync(IHtmlDocument document, Uri url, CancellationToken cancellationToken)
    {
        try
        {
            using var reader = new Reader(url.AbsoluteUri, document) { CharThreshold = 250, DisableJSONLD = true };
            var article = await reader.GetArticleAsync(cancellationToken);
            return article is { IsReadable: true, Content.Length: > 0 } && Parse(article.Content).Body is { } body ? HtmlText.Of(body) : "";
        }
        // Heuristics that fail, for whatever reason, have found nothing.
        catch (Exception)
        {
            return "";
        }
    }

    private static Uri BaseOf(IHtmlDocument document, Uri url) =>
        document.QuerySelector("base[href]")?.GetAttribute("href") is { } href && Resolve(url, href) is { } start ? start : url;

    private static string TitleOf(IHtmlDocument document)
    {
        var title = document.QuerySelector("title")?.TextContent is { } text && !string.IsNullOrWhiteSpace(text)
            ? text
            : document.QuerySelector("h1")?.TextContent ?? "";
        return PlainText.Tidy(title).ReplaceLineEndings(" ");
    }

    private static List<string> LinksOf(IHtmlDocument document, Uri start) =>
    [
        .. (from link in document.QuerySelectorAll("a[href], area[href]")
            let rel = (link.GetAttribute("rel") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            where !rel.Any(word => word.ToLowerInvariant() is "nofollow" or "ugc" or "sponsored")
            let target = Resolve(start, link.GetAttribute("href")!)
            where target is not null
            let url = PageUrl.Clean(target)
            where url.Length <= PageUrl.MaxLength && !IsNoText(target)
            select url).Distinct().Take(MaxLinks),
    ];

    private static bool IsNoText(Uri url) => NoTextFile().IsMatch(url.AbsolutePath);

    private static Uri? Resolve(Uri start, string href) =>
        Uri.TryCreate(start, href.Trim(), out var target) && PageUrl.IsPage(target) ? target : null;

    private static RobotsTags TagsOf(IHtmlDocument document)
    {
        var tags = default(RobotsTags);
        foreach (var meta in document.QuerySelectorAll("meta[name][content]"))
            if (meta.GetAttribute("name")!.Trim() is var name
                && (name.Equals("robots", StringComparison.OrdinalIgnoreCase) || name.Equals(SiteClient.Agent, StringComparison.OrdinalIgnoreCase)))
                tags = tags.With(RobotsTags.Parse(meta.GetAttribute("content")!));
        return tags;
    }

    private static void Clean(IHtmlDocument document)
    {
        var hidden = HiddenByStyle(document);
        Remove(document, NoText);
        Remove(document, Hidden);
        Remove(document, NoContent);
        foreach (var selector in hidden)
            Remove(document, selector);
        foreach (var element in document.QuerySelectorAll("[style]"))
            if (HidingStyle().IsMatch(element.GetAttribute("style")!))
                element.Remove();
        foreach (var element in document.QuerySelectorAll("[id], [class]"))
            if (element is not (IHtmlBodyElement or IHtmlHtmlElement) && (IsBanner(element.Id) || element.ClassList.Any(IsBanner)))
                element.Remove();
    }

    private static bool IsBanner(string? name) => name is not null && BannerName().IsMatch(name);

    /// <summary>What the page's own style sheets hide by class or id; what they say of print or of narrow screens is left out.</summary>
    private static string[] HiddenByStyle(IHtmlDocument document)
    {
        var styles = string.Concat(document.QuerySelectorAll("style").Select(style => style.TextContent));
        styles = AtRule().Replace(styles[..Math.Min(styles.Length, MaxStyle)], "");
        return
        [
            .. HidingRule().Matches(styles)
                .SelectMany(rule => rule.Groups["selectors"].Value.Split(','))
                .Select(selector => selector.Trim())
                .Where(selector => SimpleSelector().IsMatch(selector))
                .Distinct().Take(100),
        ];
    }

    private static void Remove(IHtmlDocument document, string selector)
    {
        foreach (var element in document.QuerySelectorAll(selector))
            element.Remove();
    }

    [GeneratedRegex("""\.(?:jpe?g|png|gif|webp|avif|svg|ico|bmp|tiff?|css|js|mjs|json|xml|rss|atom|woff2?|ttf|eot|otf|zip|gz|tgz|bz2|xz|7z|rar|tar|iso|dmg|exe|msi|apk|deb|rpm|mp[34]|m4[av]|webm|og[gv]|wav|flac|avi|mov|mkv|docx?|xlsx?|pptx?|csv)$""", RegexOptions.IgnoreCase)]
    private static partial Regex NoTextFile();

    [GeneratedRegex("""display\s*:\s*none|visibility\s*:\s*hidden""", RegexOptions.IgnoreCase)]
    private static partial Regex HidingStyle();

    [GeneratedRegex("""(?<selectors>[^{}]+)\{[^{}]*(?:display\s*:\s*none|visibility\s*:\s*hidden)[^{}]*\}""", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex HidingRule();

    [GeneratedRegex("""@[^{};]*(?:;|\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})""", RegexOptions.NonBacktracking)]
    private static partial Regex AtRule();

    [GeneratedRegex("""^[.#][A-Za-z_][\w-]*$""")]
    private static partial Regex SimpleSelector();

    [GeneratedRegex("""^ccpa$|(?:^|[-_])(?:cookie|cookies|consent|gdpr)[-_]?(?:banner|bar|notice|popup|dialog|consent|overlay|modal|wall)?$""", RegexOptions.IgnoreCase)]
    private static partial Regex BannerName();

    [GeneratedRegex("""<(?<name>(?!(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)\b)[A-Za-z][\w:-]*)(?<attributes>(?:\s[^<>]*)?)/>""", RegexOptions.IgnoreCase)]
    private static partial Regex SelfClosed();

    [GeneratedRegex("""<!\[CDATA\[(?<text>.*?)\]\]>""", RegexOptions.Singleline | RegexOptions.NonBacktracking)]
    private static partial Regex CData();
}

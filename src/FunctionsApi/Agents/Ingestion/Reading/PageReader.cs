using FunctionsApi.Internet;

namespace FunctionsApi.Agents.Ingestion.Reading;

/// <summary>Reads one page of a site, if the site lets it: asks robots.txt, follows redirects within the site, and finds what the page says.</summary>
internal sealed class PageReader(PoliteClient client, SiteRules rules, TimeProvider time)
{
    /// <summary>The longest page, unpacked; a PDF may be longer.</summary>
    public const int MaxBytes = 2 * 1024 * 1024;

    /// <summary>How long it may take to find out what a page says.</summary>
    public static readonly TimeSpan MaxReadTime = TimeSpan.FromSeconds(20);

    private const int MaxRedirects = 5;
    private const string Accept = "text/html, application/xhtml+xml, application/pdf;q=0.9, text/markdown;q=0.9, text/plain;q=0.8, */*;q=0.1";

    // Leaves time to tell the rest of the page without its article.
    private static readonly TimeSpan MaxArticleTime = TimeSpan.FromSeconds(5);

    /// <param name="url">Absolute, http or https.</param>
    /// <param name="known">Tells what is stored of the page at a URL, so that the site need not send the same again, or null; null where nothing is stored of any.</param>
    /// <param name="keep">Called while it waits; what it throws ends the waiting.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PageException">There is nothing to store, for the reason given.</exception>
    public async Task<PageAnswer> ReadAsync(
        Uri url, Func<Uri, CancellationToken, Task<PageVersion?>>? known, Func<CancellationToken, Task> keep, CancellationToken cancellationToken)
    {
        var (answer, asked) = await FollowAsync(url, known, keep, cancellationToken);
        var version = new PageVersion(answer.ETag, answer.LastModified);
        if (answer.Status == 304 && asked is not null)
            return new(answer.Url, version, null);
        if (answer.Status != 200)
            throw new PageException($"The page answered {answer.Status}.", answer.Status is 404 or 410 ? PageFault.Gone : PageFault.Failed);

        var page = await WithinAsync(cancel => ReadAsync(answer, cancel), cancellationToken);
        var tags = answer.RobotsTags.Select(RobotsTags.ParseHeader).Aggregate(page.Tags, (all, tags) => all.With(tags));
        return new(answer.Url, version, page with { Tags = tags, Links = tags.NoFollow ? [] : page.Links });
    }

    /// <returns>The answer, and the version than which it is newer, if there is one.</returns>
    private async Task<(SiteAnswer Answer, PageVersion? Asked)> FollowAsync(
        Uri start, Func<Uri, CancellationToken, Task<PageVersion?>>? known, Func<CancellationToken, Task> keep, CancellationToken cancellationToken)
    {
        var url = start;
        for (var redirects = 0; redirects <= MaxRedirects; redirects++)
        {
            var robots = await rules.OfAsync(url, keep, cancellationToken);
            if (robots.Unreadable is { } reason)
                throw new PageException($"The site's robots.txt cannot be read, so that no page may be. {reason}");
            if (!robots.Allows(url))
                throw new PageException("The site's robots.txt does not allow it.", PageFault.Skipped);

            // Of this URL alone: another page may be older than what is known of the first one, and would seem unchanged.
            var version = known is null ? null : await known(url, cancellationToken);
            var request = new SiteRequest(url)
            {
                Accept = Accept,
                MaxBytes = type => type is "application/pdf" or "application/octet-stream" ? PdfPage.MaxBytes : MaxBytes,
                IfNoneMatch = version?.ETag,
                IfModifiedSince = version?.LastModified,
            };
            var answer = await client.GetAsync(request, robots.CrawlDelay, keep, cancellationToken);
            if (answer.RedirectsTo is not { } target)
                return (answer, version);
            if (!PageUrl.IsPage(target) || !PageUrl.IsSameSite(target, start))
                throw new PageException($"The page redirects to another site, {target.Host}.", PageFault.Skipped);
            url = target;
        }

        throw new PageException($"The page redirects more than {MaxRedirects} times.");
    }

    private Task<Page> ReadAsync(SiteAnswer answer, CancellationToken cancellationToken)
    {
        switch (KindOf(answer))
        {
            case PageKind.Html:
                return ReadHtmlAsync(Charset.Decode(answer.Body, answer.Charset, isMarkup: true), answer.Url, cancellationToken);
            case PageKind.Xhtml:
                return ReadHtmlAsync(HtmlPage.FromXhtml(Charset.Decode(answer.Body, answer.Charset, isMarkup: true)), answer.Url, cancellationToken);
            case PageKind.Markdown:
                return MarkdownPage.ReadAsync(Charset.Decode(answer.Body, answer.Charset, isMarkup: false), answer.Url, cancellationToken);
            case PageKind.Pdf:
                return Task.FromResult(PdfPage.Read(answer.Body, cancellationToken));
            case PageKind.Text:
                return Task.FromResult(new Page("", PlainText.Tidy(Charset.Decode(answer.Body, answer.Charset, isMarkup: false))));
            default:
                throw new PageException(
                    $"The page is {answer.MediaType ?? "of no stated type"}, not HTML, XHTML, PDF, Markdown or plain text.", PageFault.Skipped);
        }
    }

    private async Task<Page> ReadHtmlAsync(string html, Uri url, CancellationToken cancellationToken)
    {
        using var article = new CancellationTokenSource(MaxArticleTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(article.Token, cancellationToken);
        return await HtmlPage.ReadAsync(html, url, findArticle: true, either.Token);
    }

    /// <summary>
    /// A page that takes longer is given up. What cannot be interrupted goes on behind it, to an end that the page's limits bring.
    /// </summary>
    private async Task<Page> WithinAsync(Func<CancellationToken, Task<Page>> read, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(MaxReadTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var token = either.Token;
        try
        {
            return await Task.Run(() => read(token), token).WaitAsync(token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            throw new PageException($"It could not be read within {MaxReadTime.TotalSeconds:N0} seconds.");
        }
    }

    private static PageKind KindOf(SiteAnswer answer)
    {
        var extension = Path.GetExtension(answer.Url.AbsolutePath).ToLowerInvariant();
        return (answer.MediaType?.ToLowerInvariant(), extension) switch
        {
            ("text/html", _) => PageKind.Html,
            ("application/xhtml+xml", _) => PageKind.Xhtml,
            ("application/pdf", _) => PageKind.Pdf,
            ("text/markdown" or "text/x-markdown", _) => PageKind.Markdown,
            // Many servers know these files by their names no better than we do.
            ("text/plain" or "application/octet-stream" or null, ".md" or ".markdown") => PageKind.Markdown,
            ("application/octet-stream" or null, ".pdf") => PageKind.Pdf,
            ("text/plain", _) => PageKind.Text,
            _ => PageKind.Other,
        };
    }

    private enum PageKind
    {
        Other,
        Html,
        Xhtml,
        Markdown,
        Pdf,
        Text,
    }
}

/// <summary>Which version of a page it is, by its site's word.</summary>
/// <param name="ETag">Null where it told none.</param>
/// <param name="LastModified">Null where it told none.</param>
internal sealed record PageVersion(string? ETag, DateTimeOffset? LastModified);

/// <summary>A page as its site has it.</summary>
/// <param name="Url">Where it was in the end.</param>
/// <param name="Version">Which version it is.</param>
/// <param name="Page">What it says; null where it has not changed.</param>
internal sealed record PageAnswer(Uri Url, PageVersion Version, Page? Page);

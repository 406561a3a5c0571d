using FunctionsApi.Internet;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>The pages of a job, in the order in which they were found: those that are done and those that are left.</summary>
/// <param name="job">The job.</param>
/// <param name="pages">As they were stored.</param>
internal sealed class CrawlFrontier(CrawlJob job, List<CrawlPage> pages)
{
    private const int MaxReasons = 20;

    public CrawlPage this[int number] => pages[number];

    public int Count => pages.Count;

    /// <summary>The number of the first that is not done; <see cref="Count"/> where all are.</summary>
    public int First => pages.FindIndex(page => page.State == PageState.Found) is >= 0 and var first ? first : Count;

    public CrawlJob Counted => job with
    {
        Pages = new(Count, CountOf(PageState.Stored), CountOf(PageState.Unchanged), CountOf(PageState.Skipped) + CountOf(PageState.Duplicate), CountOf(PageState.Failed)),
        Reasons =
        [
            .. (from page in pages
                where page.Error is not null
                group page by (Outcome: page.State == PageState.Failed ? "failed" : "skipped", page.Error) into same
                orderby same.Count() descending
                select new CrawlReason(same.Key.Outcome, same.Key.Error!, same.Count(), same.First().Url)).Take(MaxReasons),
        ],
    };

    /// <summary>Why the job has failed; null where it has taken in a page.</summary>
    public string? Error => pages.Any(page => page.State is PageState.Stored or PageState.Unchanged)
        ? null
        : (pages.Find(page => page.State == PageState.Failed) ?? pages[0]).Error;

    public void Add(IEnumerable<CrawlPage> added) => pages.AddRange(added);

    public void Set(CrawlPage page) => pages[page.Number] = page;

    /// <summary>Which of a page's links are new, as far as the job may go.</summary>
    /// <param name="from">The page.</param>
    /// <param name="at">Where it was in the end: its host is the job's.</param>
    /// <param name="links">As they are fetched; of any host.</param>
    public CrawlPage[] New(CrawlPage from, Uri at, IEnumerable<string> links)
    {
        var room = job.MaxPages - pages.Count(page => page.State != PageState.Duplicate);
        if (from.Depth >= job.MaxDepth || room <= 0)
            return [];
        var known = pages.SelectMany(KeysOf).ToHashSet();
        return
        [
            .. (from link in links
                let target = new Uri(link)
                where PageUrl.IsSameSite(target, at)
                let url = OnHost(target, at)
                where known.Add(PageUrl.KeyOf(url))
                select PageUrl.Clean(url))
                .Take(Math.Min(room, Most - Count))
                .Select((url, index) => new CrawlPage(Count + index, url, from.Depth + 1)),
        ];
    }

    /// <summary>The page, if it is of the same site, that is to be read in place of this one.</summary>
    /// <param name="page">The page.</param>
    /// <param name="at">Where it was in the end.</param>
    /// <param name="canonical">The URL under which its site wants it to be known; null where it does not say.</param>
    /// <returns>Null where this page is to be stored.</returns>
    public CrawlPage? InPlaceOf(CrawlPage page, Uri at, Uri? canonical)
    {
        if (Other(page, at) is { } same)
            return same;
        // A page that stands for another one stands for itself, or two that name each other would both be left out.
        if (page.IsCanonical || canonical is null || !PageUrl.IsSameSite(canonical, at) || PageUrl.KeyOf(OnHost(canonical, at)) == PageUrl.KeyOf(at))
            return null;
        var target = OnHost(canonical, at);
        var known = pages.Any(other => KeysOf(other).Contains(PageUrl.KeyOf(target)));
        return known ? Other(page, target) : Count < Most ? new(Count, PageUrl.Clean(target), page.Depth) { IsCanonical = true } : null;
    }

    /// <summary>More than the job may take in: a page that is left to another one takes no room.</summary>
    private int Most => 2 * job.MaxPages;

    private int CountOf(PageState state) => pages.Count(page => page.State == state);

    /// <summary>Another page at a URL that is stored, or still to be read.</summary>
    private CrawlPage? Other(CrawlPage page, Uri url) => pages.Find(other =>
        other.Number != page.Number && (other.State is PageState.Found or PageState.Stored or PageState.Unchanged)
        && KeysOf(other).Contains(PageUrl.KeyOf(url)));

    private static IEnumerable<string> KeysOf(CrawlPage page) =>
        page.FinalUrl is { } final ? [PageUrl.KeyOf(new(page.Url)), PageUrl.KeyOf(new(final))] : [PageUrl.KeyOf(new(page.Url))];

    /// <summary>A URL of the site on the host that the site has sent us to.</summary>
    private static Uri OnHost(Uri url, Uri at) => new($"{PageUrl.OriginOf(at)}{url.PathAndQuery}");
}

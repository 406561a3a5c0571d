namespace FunctionsApi.Settings;

/// <summary>The settings <c>Crawl__…</c>.</summary>
internal sealed record CrawlOptions
{
    public const string Section = "Crawl";

    /// <summary>
    /// Whether a crawl may read from addresses that the public internet cannot reach, which a stranger could use to look into the
    /// network that this program runs in.
    /// </summary>
    public bool AllowPrivateAddresses { get; set; }
}

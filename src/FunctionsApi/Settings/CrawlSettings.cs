namespace FunctionsApi.Settings;

/// <param name="AllowPrivateAddresses">
/// Setting <c>Crawl__AllowPrivateAddresses</c>, default false: whether a crawl may read from addresses that the public
/// internet cannot reach, which a stranger could use to look into the network that this program runs in.
/// </param>
internal sealed record CrawlSettings(bool AllowPrivateAddresses);

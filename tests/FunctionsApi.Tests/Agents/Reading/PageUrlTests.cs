using FunctionsApi.Internet;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents.Reading;

public sealed class PageUrlTests
{
    [Theory]
    [InlineData("https://Example.com:443/plans/?utm_source=mail&lang=en#top", "https://example.com/plans/?lang=en", "https://example.com/plans?lang=en")]
    [InlineData("http://a.example", "http://a.example/", "http://a.example")]
    [InlineData("http://a.example./x?gclid=1", "http://a.example/x", "http://a.example/x")]
    [InlineData("http://a.example/?UTM_Campaign=x&fbclid=y&a=1&b=2", "http://a.example/?a=1&b=2", "http://a.example?a=1&b=2")]
    [InlineData("http://bücher.example/ü", "http://xn--bcher-kva.example/%C3%BC", "http://xn--bcher-kva.example/%C3%BC")]
    [InlineData("http://xn--bcher-kva.example/", "http://xn--bcher-kva.example/", "http://xn--bcher-kva.example")]
    [InlineData("http://[2606:4700::1]:8080/a", "http://[2606:4700::1]:8080/a", "http://[2606:4700::1]:8080/a")]
    [InlineData("http://a.example/a?b=http://x/?utm_source=y", "http://a.example/a?b=http://x/?utm_source=y", "http://a.example/a?b=http://x/?utm_source=y")]
    public void A_page_is_fetched_without_what_counts_clicks_and_known_without_a_slash(string url, string clean, string key) =>
        (PageUrl.Clean(new(url)), PageUrl.KeyOf(new(url))).ShouldBe((clean, key));

    [Theory]
    [InlineData("http://example.com/", "http://www.example.com/a", true)]
    [InlineData("http://example.com/", "https://WWW.example.com/", true)]
    [InlineData("http://example.com/", "https://example.com:8443/", false)]
    [InlineData("http://example.com:8080/", "http://example.com:8080/b", true)]
    [InlineData("http://example.com/", "http://docs.example.com/", false)]
    [InlineData("http://www.example.com/", "http://example.com.evil.example/", false)]
    public void A_site_is_one_host_with_or_without_www(string a, string b, bool same) => PageUrl.IsSameSite(new(a), new(b)).ShouldBe(same);
}

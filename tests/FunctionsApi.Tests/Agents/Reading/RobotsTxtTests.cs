using System.Text;
using FunctionsApi.Agents.Ingestion.Reading;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents.Reading;

public sealed class RobotsTxtTests
{
    // RFC 9309, section 5.1.
    private const string Simple = """
        User-Agent: *
        Disallow: *.gif$
        Disallow: /example/
        Allow: /publications/

        User-Agent: foobot
        Disallow:/
        Allow:/example/page.html
        Allow:/example/allowed.gif

        User-Agent: barbot
        User-Agent: bazbot
        Disallow: /example/page.html

        User-Agent: quxbot
        """;

    [Theory]
    [InlineData("otherbot", "/example/page.html", false)]
    [InlineData("otherbot", "/publications/a", true)]
    [InlineData("otherbot", "/a.gif", false)]
    [InlineData("otherbot", "/a.gif?x", true)]
    [InlineData("otherbot", "/", true)]
    [InlineData("foobot", "/example/page.html", true)]
    [InlineData("foobot", "/example/allowed.gif", true)]
    [InlineData("foobot", "/publications/", false)]
    [InlineData("FooBot", "/example/other.html", false)]
    [InlineData("barbot", "/example/page.html", false)]
    [InlineData("bazbot", "/example/page.html", false)]
    [InlineData("bazbot", "/a.gif", true)]
    [InlineData("quxbot", "/example/page.html", true)]
    public void The_simple_example_of_the_RFC_is_read_as_it_explains(string agent, string path, bool allowed) =>
        Allows(Simple, path, agent).ShouldBe(allowed);

    // Section 5.2.
    [Theory]
    [InlineData("/example/page/", true)]
    [InlineData("/example/page/disallowed.gif", false)]
    [InlineData("/example/page/other.gif", true)]
    public void The_longest_match_decides(string path, bool allowed) =>
        Allows("User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif", path, "foobot").ShouldBe(allowed);

    // Section 2.2.1: groups for the same crawler are one.
    [Theory]
    [InlineData("ExampleBot", "/foo", false)]
    [InlineData("ExampleBot", "/bar", false)]
    [InlineData("ExampleBot", "/baz", true)]
    [InlineData("BazBot", "/foo", true)]
    [InlineData("BazBot", "/baz", false)]
    public void Groups_of_the_same_crawler_are_merged(string agent, string path, bool allowed) => Allows(
        """
        user-agent: ExampleBot
        disallow: /foo
        disallow: /bar

        user-agent: BazBot
        disallow: /foo2

        user-agent: ExampleBot
        disallow: /bar

        user-agent: BazBot
        disallow: /baz
        """, path, agent).ShouldBe(allowed);

    // Section 2.2.2.
    [Theory]
    [InlineData("/foo/bar?baz=quz", "/foo/bar?baz=quz")]
    [InlineData("/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https://foo.bar")]
    [InlineData("/foo/bar/ツ", "/foo/bar/%E3%83%84")]
    [InlineData("/foo/bar/%E3%83%84", "/foo/bar/%E3%83%84")]
    [InlineData("/foo/bar/%e3%83%84", "/foo/bar/ツ")]
    [InlineData("/foo/bar/%62%61%7A", "/foo/bar/baz")]
    public void Paths_are_compared_however_they_are_encoded(string rule, string path) =>
        Allows($"user-agent: *\ndisallow: {rule}", path).ShouldBeFalse();

    // Section 2.2.3.
    [Theory]
    [InlineData("/*/b", "/a/b", false)]
    [InlineData("/*/b", "/ab", true)]
    [InlineData("/this/*/exactly", "/this/is/not/exactly/it", false)]
    [InlineData("/this/path/exactly$", "/this/path/exactly", false)]
    [InlineData("/this/path/exactly$", "/this/path/exactly/so", true)]
    [InlineData("/path/file-with-a-%2A.html", "/path/file-with-a-*.html", false)]
    [InlineData("/path/file-with-a-%2A.html", "/path/file-with-a-x.html", true)]
    [InlineData("/path/foo-%24", "/path/foo-$", false)]
    [InlineData("/path/foo-%24", "/path/foo-", true)]
    [InlineData("/*.php$", "/a.php.php", false)]
    [InlineData("/a$b", "/a$b", false)]
    [InlineData("", "/anything", true)]
    public void Asterisk_and_dollar_mean_what_they_mean(string rule, string path, bool allowed) =>
        Allows($"user-agent: *\ndisallow: {rule}", path).ShouldBe(allowed);

    [Theory]
    [InlineData("user-agent: *\nallow: /page\ndisallow: /page", "/page", true)]
    [InlineData("user-agent: *\nallow: /p\ndisallow: /", "/page", true)]
    [InlineData("user-agent: *\nallow: /page\ndisallow: /*.htm", "/page.htm", false)]
    [InlineData("disallow: /", "/", true)]
    [InlineData("user-agent: other\ndisallow: /", "/", true)]
    [InlineData("\uFEFFUSER-AGENT : * # all\r\nDISALLOW : / # everything\r\n", "/a", false)]
    [InlineData("user-agent: *\rdisallow: /a\r", "/a", false)]
    [InlineData("user-agent: *\nsitemap: https://a.example/s.xml\ndisallow: /", "/a", false)]
    [InlineData("user-agent: *\nnonsense\n: /\nunknown: x\ndisallow: /", "/a", false)]
    [InlineData("user-agent: *\ndisallow: /", "/robots.txt", true)]
    [InlineData("", "/", true)]
    public void Files_are_read_as_people_write_them(string file, string path, bool allowed) => Allows(file, path).ShouldBe(allowed);

    [Fact]
    public void A_crawler_with_a_group_of_its_own_does_not_read_that_of_all()
    {
        const string File = "user-agent: *\ndisallow: /\ncrawl-delay: 9\nuser-agent: functionsapi-crawler/0.1\ncrawl-delay: 2.5\nallow: /";

        var robots = Parse(File, SiteClient.Agent);

        robots.Allows(new("http://a.example/")).ShouldBeTrue();
        robots.CrawlDelay.ShouldBe(TimeSpan.FromSeconds(2.5));
    }

    [Fact]
    public void Sitemaps_concern_everybody() =>
        Parse("sitemap: https://a.example/1.xml\nuser-agent: other\nSitemap: /2.xml\ndisallow: /", "us").Sitemaps.ShouldBe(["https://a.example/1.xml", "/2.xml"]);

    [Fact]
    public void What_comes_after_500_KiB_is_left_out()
    {
        var file = $"user-agent: *\ndisallow: /a\n#{new string('x', RobotsTxt.MaxBytes)}\ndisallow: /b\n";

        (Allows(file, "/a"), Allows(file, "/b")).ShouldBe((false, true));
    }

    [Fact]
    public void A_rule_of_many_asterisks_is_decided_at_once() =>
        Allows($"user-agent: *\ndisallow: /{string.Concat(Enumerable.Repeat("*a", 50_000))}b", $"/{new string('a', 2000)}").ShouldBeTrue();

    private static bool Allows(string file, string path, string agent = SiteClient.Agent) =>
        Parse(file, agent).Allows(new($"http://a.example{path}"));

    private static RobotsTxt Parse(string file, string agent) => RobotsTxt.Parse(Encoding.UTF8.GetBytes(file), agent);
}

using FunctionsApi.Agents.Ingestion.Reading;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents.Reading;

public sealed class HtmlPageTests
{
    private static readonly Uri Url = new("http://a.example/dir/page.html");

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("<p>one</p><p>two</p>", "one\ntwo")]
    [InlineData("<p>a <b>bold</b>\nword</p>", "a bold word")]
    [InlineData("un<b>broken</b>", "unbroken")]
    [InlineData("one<br>two", "one\ntwo")]
    [InlineData("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc")]
    [InlineData("<pre>a\nb</pre>", "a\nb")]
    [InlineData("<script>if (a < b) alert('</p>')</script>seen", "seen")]
    [InlineData("<style>p { }</style><!-- <p>hidden</p> -->seen", "seen")]
    [InlineData("a &lt; b &amp; c&nbsp;d", "a < b & c d")]
    [InlineData("<p>cut off <scr", "cut off")]
    [InlineData("<script>never ends", "")]
    [InlineData("", "")]
    [InlineData("  \n\n <p> </p> \t x  y ", "x y")]
    public async Task The_text_is_what_a_reader_sees(string html, string text) => (await ReadAsync(html)).Text.ShouldBe(text);

    [Theory]
    [InlineData("<p style='color:red; display : none'>hidden</p>")]
    [InlineData("<p hidden>hidden</p>")]
    [InlineData("<div aria-hidden=true><p>hidden</p></div>")]
    [InlineData("<style>.x, p.y { color: red; DISPLAY: none !important }</style><p class=x>hidden</p>")]
    [InlineData("<p class=visually-hidden>hidden</p>")]
    [InlineData("<nav>hidden</nav>")]
    [InlineData("<footer>hidden</footer>")]
    [InlineData("<div role=navigation>hidden</div>")]
    [InlineData("<div id=cookie-banner>hidden</div>")]
    [InlineData("<div class='cc gdpr-notice'>hidden</div>")]
    [InlineData("<select><option>hidden</select>")]
    [InlineData("<noscript>hidden</noscript>")]
    public async Task What_no_reader_takes_for_the_text_is_left_out(string html) =>
        (await ReadAsync($"<p>seen</p>{html}")).Text.ShouldBe("seen");

    [Theory]
    [InlineData("<style>@media print { .x { display: none } }</style><p class=x>seen</p>")]
    [InlineData("<div class='cookies-and-cakes'>seen</div>")]
    [InlineData("<article><header>seen</header></article>")]
    public async Task What_a_reader_sees_is_kept(string html) => (await ReadAsync(html)).Text.ShouldBe("seen");

    [Fact]
    public async Task Of_a_page_of_the_site_that_the_tests_crawl_only_what_it_is_about_is_kept()
    {
        var html = await File.ReadAllTextAsync(Path.Combine(TestFiles.Site, "refunds.html"), TestContext.Current.CancellationToken);

        var page = await ReadAsync(html);

        page.Title.ShouldBe("Refunds | Brightwick");
        page.Text.ShouldContain("A refund takes five working days once the returned parcel has reached our warehouse.");
        foreach (var other in (string[])["cookie", "zanzibar", "xylophones", "Warranty", "Skostredet", "newsletter"])
            page.Text.ShouldNotContain(other);
        page.Links.ShouldContain("http://a.example/dir/warranty.html");
    }

    [Theory]
    [InlineData("<title> Quotas\n&amp; leases </title><p>text</p>", "Quotas & leases")]
    [InlineData("<title>first</title><title>second</title>", "first")]
    [InlineData("<title> </title><h1>Heading</h1>", "Heading")]
    [InlineData("<p>text", "")]
    public async Task The_title_is_the_pages_or_its_headings(string html, string title) => (await ReadAsync(html)).Title.ShouldBe(title);

    [Theory]
    [InlineData("<a href='/a?x=1&amp;y=2#z'>a</a> <A class=b HREF = 'b'>b</A> <a href=//b.example/c>c</a>", "http://a.example/a?x=1&y=2 http://a.example/dir/b http://b.example/c")]
    [InlineData("<a href=/a?utm_source=x>a</a> <a href=/a>a</a>", "http://a.example/a")]
    [InlineData("<a>none</a> <a href=mailto:a@b.example>m</a> <a href='javascript:x()'>j</a> <a href='http://['>b</a> <a href=http://u:p@a.example/>u</a>", "")]
    [InlineData("<a rel='noopener NoFollow' href=/a>a</a> <a rel=ugc href=/b>b</a>", "")]
    [InlineData("<a href=/a.png>a</a> <a href=/a.zip>a</a> <a href=/a.pdf>a</a>", "http://a.example/a.pdf")]
    [InlineData("<base href='/other/'><a href=a>a</a>", "http://a.example/other/a")]
    [InlineData("<base href='ftp://b.example/'><a href=a>a</a>", "http://a.example/dir/a")]
    public async Task Links_are_where_they_lead_to(string html, string links) => string.Join(' ', (await ReadAsync(html)).Links).ShouldBe(links);

    [Theory]
    [InlineData("<meta name=robots content='NOINDEX, follow'>", true, false)]
    [InlineData("<meta name=Robots content=none>", true, true)]
    [InlineData("<meta name=functionsapi-crawler content=nofollow>", false, true)]
    [InlineData("<meta name=otherbot content=noindex>", false, false)]
    public async Task A_page_tells_crawlers_what_it_wants(string html, bool noIndex, bool noFollow) =>
        (await ReadAsync(html)).Tags.ShouldBe(new(noIndex, noFollow));

    [Theory]
    [InlineData("noindex", true, false)]
    [InlineData("unavailable_after: 25 Jun 2030 15:00:00 PST", false, false)]
    [InlineData("otherbot: noindex", false, false)]
    [InlineData("FunctionsApi-Crawler: noindex, nofollow", true, true)]
    public void A_header_tells_them_as_well(string header, bool noIndex, bool noFollow) =>
        RobotsTags.ParseHeader(header).ShouldBe(new(noIndex, noFollow));

    [Fact]
    public async Task A_canonical_URL_is_relative_to_the_base() =>
        (await ReadAsync("<base href=/x/><link rel='CANONICAL' href='y'>")).Canonical.ShouldBe(new("http://a.example/x/y"));

    [Fact]
    public async Task Of_XHTML_an_element_that_ends_itself_swallows_nothing()
    {
        var html = HtmlPage.FromXhtml("<html><head><script src='x'/><title>T</title></head><body><p/><p>a<br/>b</p><div><![CDATA[1 < 2]]></div></body></html>");

        var page = await ReadAsync(html);

        (page.Title, page.Text).ShouldBe(("T", "a\nb\n1 < 2"));
    }

    [Fact]
    public async Task A_page_that_is_nested_deeply_is_read() =>
        (await ReadAsync($"{string.Concat(Enumerable.Repeat("<div>", 500))}text")).Text.ShouldBe("text");

    [Theory]
    [InlineData("<div>")]
    [InlineData("<b>")]
    [InlineData("<table><tr><td>")]
    public async Task A_page_that_is_nested_deeper_than_any_is_refused(string element) =>
        (await Should.ThrowAsync<PageException>(() => ReadAsync(string.Concat(Enumerable.Repeat(element, 40_000))))).Message
            .ShouldBe("It has more than 2,000 elements within one another.");

    [Fact]
    public async Task A_page_of_thousands_of_paragraphs_is_read() =>
        (await ReadAsync(string.Concat(Enumerable.Repeat("<p>A word, and another.", 10_000)))).Text.ShouldStartWith("A word, and another.\nA word");

    [Fact]
    public async Task A_page_of_more_elements_than_any_page_has_is_refused() =>
        (await Should.ThrowAsync<PageException>(() => ReadAsync(string.Concat(Enumerable.Repeat("<i>x</i>", 60_000))))).Message
            .ShouldBe("It has more than 50,000 elements.");

    [Fact]
    public async Task Markdown_is_read_as_what_it_shows()
    {
        var page = await MarkdownPage.ReadAsync("---\ntitle: x\n---\n# Care\n\nCut *above* the [leaves](leaves.html).\n\n<script>no</script>\n\n| a | b |\n|---|---|\n| 1 | 2 |\n", Url, TestContext.Current.CancellationToken);

        (page.Title, page.Text).ShouldBe(("Care", "Care\nCut above the leaves.\na b\n1 2"));
        page.Links.ShouldBe(["http://a.example/dir/leaves.html"]);
    }

    private static Task<Page> ReadAsync(string html) => HtmlPage.ReadAsync(html, Url, findArticle: true, TestContext.Current.CancellationToken);
}

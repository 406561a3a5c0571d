using FunctionsApi.Agents.Ingestion;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents;

public sealed class HtmlTextTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("<p>one</p><p>two</p>", "one\ntwo")]
    [InlineData("<p>a <b>bold</b>\nword</p>", "a bold word")]
    [InlineData("un<b>broken</b>", "unbroken")]
    [InlineData("one<br>two", "one\ntwo")]
    [InlineData("<script>if (a < b) alert('</p>')</script>seen", "seen")]
    [InlineData("<style>p { }</style><!-- <p>hidden</p> -->seen", "seen")]
    [InlineData("<SCRIPT>hidden</SCRIPT>seen", "seen")]
    [InlineData("a &lt; b &amp; c&nbsp;d", "a < b & c d")]
    [InlineData("1 < 2 and 3 > 2", "1 < 2 and 3 > 2")]
    [InlineData("""<a title="a > b">link</a>""", "link")]
    [InlineData("<p>cut off <scr", "cut off")]
    [InlineData("<script>never ends", "")]
    [InlineData("<!-- never ends", "")]
    [InlineData("<", "<")]
    [InlineData("", "")]
    [InlineData("  \n\n <p> </p> \t x  y ", "x y")]
    public void The_text_is_what_a_reader_sees(string html, string text) => HtmlText.Read(html).Text.ShouldBe(text);

    [Theory]
    [InlineData("<title> Quotas\n&amp; leases </title><p>text</p>", "Quotas & leases", "text")]
    [InlineData("<title>first</title><title>second</title>", "first", "")]
    [InlineData("<p>text", "", "text")]
    public void The_title_is_not_part_of_the_text(string html, string title, string text)
    {
        var page = HtmlText.Read(html);
        (page.Title, page.Text).ShouldBe((title, text));
    }

    [Theory]
    [InlineData("<a href=\"/a?x=1&amp;y=2\">a</a> <A class=b HREF = '/b'>b</A> <a href=c>c</a>", "/a?x=1&y=2 /b c")]
    [InlineData("<a>none</a> <a name=x data-href=/y></a> <abbr href=/z> <!-- <a href=/no> --> <script>'<a href=/no>'</script>", "")]
    public void Links_are_found_where_a_reader_could_follow_them(string html, string links) =>
        string.Join(' ', HtmlText.Read(html).Links).ShouldBe(links);

    [Fact]
    public void A_page_of_nothing_but_openings_is_read_in_one_pass() =>
        HtmlText.Read(string.Concat(Enumerable.Repeat("<script <!-- <title \"", 100_000))).Text.ShouldBe("");
}

using System.Text;
using FunctionsApi.Agents.Ingestion.Reading;
using Microsoft.AspNetCore.Http;
using Shouldly;
using UglyToad.PdfPig.Fonts.Standard14Fonts;
using UglyToad.PdfPig.Writer;
using Xunit;

namespace FunctionsApi.Tests.Agents.Reading;

/// <summary>What is read of a page, and which pages hold nothing to read.</summary>
public sealed class PageReaderTests : ReadingTests
{
    [Fact]
    public async Task A_page_has_a_title_a_text_and_links()
    {
        await using var site = await SiteAsync("text/html", "<title>Leases</title><p>Spent in memory.</p><a href='a?x=1#top'></a>");

        var page = await ReadAsync(site);

        (page.Title, page.Text).ShouldBe(("Leases", "Spent in memory."));
        page.Links.ShouldBe([$"{site.Address}a?x=1"]);
    }

    [Fact]
    public async Task Plain_text_is_read_in_its_own_encoding()
    {
        await using var site = await SiteAsync("text/plain; charset=windows-1252", Encoding.Latin1.GetBytes("naïve <b>"));

        var page = await ReadAsync(site);

        (page.Title, page.Text).ShouldBe(("", "naïve <b>"));
    }

    [Fact]
    public async Task XHTML_is_read()
    {
        await using var site = await SiteAsync("application/xhtml+xml", "<?xml version='1.0'?><html><head><script/><title>T</title></head><body><p>x</p></body></html>");

        (await ReadAsync(site)).Text.ShouldBe("x");
    }

    [Theory]
    [InlineData("text/markdown", "/")]
    [InlineData("application/octet-stream", "/care.md")]
    [InlineData("text/plain", "/care.md")]
    [InlineData(null, "/care.markdown")]
    public async Task Markdown_is_known_by_its_type_or_its_name(string? type, string path)
    {
        await using var site = await SiteAsync(type, "# Care\n\n*Cut* it.");

        (await ReadAsync(new Uri(site.Address, path))).Text.ShouldBe("Care\nCut it.");
    }

    [Fact]
    public async Task A_PDF_is_read()
    {
        await using var site = await SiteAsync("application/pdf", Pdf("The pump is oiled every year."));

        var page = await ReadAsync(site);

        (page.Title, page.Text).ShouldBe(("Manual", "The pump is oiled every year."));
    }

    [Theory]
    [InlineData("")]
    [InlineData("%PDF-1.7 and then nothing")]
    public async Task A_PDF_that_is_none_is_refused(string body)
    {
        await using var site = await SiteAsync("application/pdf", body);

        (await FailsAsync(site)).ShouldBe("It is no PDF that can be read.");
    }

    [Theory]
    [InlineData(403, "text/html", "The page answered 403.", PageFault.Failed)]
    [InlineData(404, "text/html", "The page answered 404.", PageFault.Gone)]
    [InlineData(410, "text/html", "The page answered 410.", PageFault.Gone)]
    [InlineData(304, null, "The page answered 304.", PageFault.Failed)]
    [InlineData(200, "image/png", "The page is image/png, not HTML, XHTML, PDF, Markdown or plain text.", PageFault.Skipped)]
    [InlineData(200, null, "The page is of no stated type, not HTML, XHTML, PDF, Markdown or plain text.", PageFault.Skipped)]
    public async Task A_page_that_holds_no_text_is_refused(int status, string? type, string reason, object fault)
    {
        await using var site = await TestSite.StartAsync(http =>
        {
            http.Response.StatusCode = status;
            http.Response.ContentType = type;
            return Task.CompletedTask;
        });

        var failure = await Should.ThrowAsync<PageException>(() => ReadAsync(site));

        (failure.Message, failure.Fault).ShouldBe((reason, (PageFault)fault));
    }

    [Fact]
    public async Task A_page_that_has_not_changed_is_not_sent_again()
    {
        await using var site = await TestSite.StartAsync(http =>
        {
            http.Response.ContentType = "text/plain";
            http.Response.Headers.ETag = "W/\"7\"";
            http.Response.Headers.LastModified = "Fri, 27 Feb 2026 09:00:00 GMT";
            var known = http.Request.Headers.IfNoneMatch == "W/\"7\"" && http.Request.Headers.IfModifiedSince == "Fri, 27 Feb 2026 09:00:00 GMT";
            http.Response.StatusCode = known ? 304 : 200;
            return known ? Task.CompletedTask : http.Response.WriteAsync("text");
        });
        var first = await _readers.Pages.ReadAsync(site.Address, null, Readers.GoOn, Cancel);
        first.Page.ShouldNotBeNull();

        (await _readers.Pages.ReadAsync(site.Address, (_, _) => Task.FromResult<PageVersion?>(first.Version), Readers.GoOn, Cancel)).Page.ShouldBeNull();
    }

    [Fact]
    public async Task What_the_header_tells_crawlers_holds_as_what_the_page_does()
    {
        await using var site = await TestSite.StartAsync(http =>
        {
            http.Response.ContentType = "text/html";
            http.Response.Headers["X-Robots-Tag"] = new(["otherbot: noindex", "nofollow"]);
            return http.Response.WriteAsync("<meta name=robots content=noindex><a href=/a>a</a>");
        });

        var page = await ReadAsync(site);

        page.Tags.ShouldBe(new(NoIndex: true, NoFollow: true));
        page.Links.ShouldBeEmpty();
    }

    public static byte[] Pdf(string text)
    {
        var pdf = new PdfDocumentBuilder { DocumentInformation = { Title = "Manual" } };
        var font = pdf.AddStandard14Font(Standard14Font.Helvetica);
        pdf.AddPage(UglyToad.PdfPig.Content.PageSize.A4).AddText(text, 12, new(25, 700), font);
        return pdf.Build();
    }
}

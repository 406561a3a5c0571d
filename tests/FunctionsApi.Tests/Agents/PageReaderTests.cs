using System.Net;
using System.Text;
using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Internet;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents;

public sealed class PageReaderTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly PageReader _reader;

    public PageReaderTests() => _reader = new(new() { AllowPrivateAddresses = true }, _time);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _reader.Dispose();

    [Fact]
    public async Task A_page_has_a_title_and_a_text()
    {
        await using var site = await TestSite.WithPageAsync("<title>Leases</title><h1>Leases</h1><p>Spent in memory.</p>");

        var page = await ReadAsync(site);
        (page.Title, page.Text).ShouldBe(("Leases", "Leases\nSpent in memory."));
    }

    [Fact]
    public async Task A_pages_links_are_absolute_and_stay_on_its_host()
    {
        await using var site = await TestSite.WithPageAsync("""
            <a href="a?x=1#top">a</a> <a href="/b">b</a> <a href="//example.com/c">c</a> <a href="mailto:d@example.com">d</a>
            <a href="http://127.0.0.1:1/e">e</a> <a href="http://[">f</a>
            """);

        (await ReadAsync(site)).Links.ShouldBe([$"{site.Address}a?x=1", $"{site.Address}b"]);
    }

    [Fact]
    public async Task Plain_text_is_read_in_its_own_encoding()
    {
        await using var site = await TestSite.StartAsync(http =>
        {
            http.Response.ContentType = "text/plain; charset=windows-1252";
            return http.Response.Body.WriteAsync(Encoding.Latin1.GetBytes("naïve <b>")).AsTask();
        });

        var page = await ReadAsync(site);
        (page.Title, page.Text).ShouldBe(("", "naïve <b>"));
    }

    [Fact]
    public async Task A_redirect_on_the_same_host_is_followed()
    {
        await using var site = await TestSite.StartAsync(http =>
        {
            if (http.Request.Path != "/new")
            {
                http.Response.Redirect("/new");
                return Task.CompletedTask;
            }

            http.Response.ContentType = "text/plain";
            return http.Response.WriteAsync("Moved here.");
        });

        (await ReadAsync(site)).Text.ShouldBe("Moved here.");
    }

    [Theory]
    [InlineData("http://localhost:1/", "The page redirects to another host, localhost.")]
    [InlineData("http://127.0.0.1:1/", "The page redirects to another host, 127.0.0.1.")]
    [InlineData("file:///etc/passwd", "The page redirects to another host, .")]
    [InlineData("/again", "The page redirects more than 5 times.")]
    public async Task A_redirect_to_elsewhere_or_without_end_is_not_followed(string location, string reason)
    {
        await using var site = await TestSite.StartAsync(http =>
        {
            http.Response.Redirect(location);
            return Task.CompletedTask;
        });

        (await FailsAsync(site)).ShouldBe(reason);
    }

    [Theory]
    [InlineData(404, "text/html", "The page answered 404.")]
    [InlineData(304, null, "The page answered 304.")]
    [InlineData(200, "application/pdf", "The page is application/pdf, not text/html or text/plain.")]
    [InlineData(200, null, "The page is of no stated type, not text/html or text/plain.")]
    public async Task A_page_that_holds_no_text_is_refused(int status, string? type, string reason)
    {
        await using var site = await TestSite.StartAsync(http =>
        {
            http.Response.StatusCode = status;
            http.Response.ContentType = type;
            return Task.CompletedTask;
        });

        (await FailsAsync(site)).ShouldBe(reason);
    }

    [Fact]
    public async Task A_page_without_end_is_left_at_the_limit()
    {
        await using var site = await TestSite.StartAsync(async http =>
        {
            http.Response.ContentType = "text/plain";
            while (!http.RequestAborted.IsCancellationRequested)
                await http.Response.Body.WriteAsync(new byte[64 * 1024], http.RequestAborted);
        });

        (await FailsAsync(site)).ShouldBe("The page is longer than 2,097,152 bytes.");
    }

    [Fact]
    public async Task A_page_that_never_comes_is_given_up()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var site = await TestSite.StartAsync(async http =>
        {
            asked.SetResult();
            await new TaskCompletionSource().Task.WaitAsync(http.RequestAborted);
        });

        var failing = FailsAsync(site);
        await asked.Task.WaitAsync(Cancel);
        _time.Advance(PageReader.MaxTime);

        (await failing).ShouldBe("The page took longer than 15 seconds.");
    }

    [Fact]
    public async Task A_name_that_nobody_has_is_told()
    {
        var failure = await Should.ThrowAsync<PageException>(() => _reader.ReadAsync(new("http://name.invalid"), Cancel));

        failure.Message.ShouldBe("The host's name is unknown.");
    }

    [Fact]
    public async Task A_private_address_is_not_connected_to()
    {
        await using var site = await TestSite.WithPageAsync("<p>Secret</p>");
        using var strict = new PageReader(new() { AllowPrivateAddresses = false }, _time);

        var failure = await Should.ThrowAsync<PageException>(() => strict.ReadAsync(site.Address, Cancel));

        failure.Message.ShouldBe("The URL does not lead to a public address.");
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700:4700::1111", true)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.0", true)]
    [InlineData("192.168.0.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("::7f00:1", false)]
    [InlineData("64:ff9b::7f00:1", false)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("2001:0:1::", false)]
    [InlineData("fc00::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("ff02::1", false)]
    public void Only_what_everybody_can_reach_is_public(string address, bool isPublic) =>
        PublicAddress.Is(IPAddress.Parse(address)).ShouldBe(isPublic);

    private Task<Page> ReadAsync(TestSite site) => _reader.ReadAsync(site.Address, Cancel);

    private async Task<string> FailsAsync(TestSite site) =>
        (await Should.ThrowAsync<PageException>(() => ReadAsync(site))).Message;
}

using System.IO.Compression;
using System.Net;
using System.Text;
using FunctionsApi.Agents.Ingestion.Reading;
using FunctionsApi.Internet;
using Microsoft.AspNetCore.Http;
using Shouldly;
using UglyToad.PdfPig.Fonts.Standard14Fonts;
using UglyToad.PdfPig.Writer;
using Xunit;

namespace FunctionsApi.Tests.Agents.Reading;

public sealed class PageReaderTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly Readers _readers;

    public PageReaderTests() => _readers = new(_time);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _readers.Dispose();

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

    [Fact]
    public async Task A_PDF_that_unpacks_to_more_than_its_limit_is_refused()
    {
        await using var site = await SiteAsync("application/pdf", PackedPdf(megabytes: 200));

        (await FailsAsync(site)).ShouldBe("It unpacks to more than 33,554,432 bytes.");
    }

    [Fact]
    public async Task A_redirect_within_the_site_is_followed()
    {
        await using var site = await TestSite.StartAsync(http =>
        {
            if (http.Request.Path != "/new")
                return Redirect(http, "/new");
            http.Response.ContentType = "text/plain";
            return http.Response.WriteAsync("Moved here.");
        });

        var answer = await _readers.Pages.ReadAsync(site.Address, null, Readers.GoOn, Cancel);

        (answer.Url.AbsolutePath, answer.Page!.Text).ShouldBe(("/new", "Moved here."));
    }

    [Fact]
    public async Task A_redirect_to_the_same_site_with_www_is_followed()
    {
        await using var site = await TestSite.StartAsync(http =>
        {
            if (http.Request.Host.Host == "example.com")
                return Redirect(http, $"http://www.example.com:{http.Request.Host.Port}{http.Request.Path}");
            http.Response.ContentType = "text/plain";
            return http.Response.WriteAsync("Welcome.");
        });
        using var readers = new Readers(_time, resolve: (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));

        var answer = await readers.Pages.ReadAsync(new($"http://example.com:{site.Address.Port}/a"), null, Readers.GoOn, Cancel);

        answer.Url.Host.ShouldBe("www.example.com");
    }

    [Theory]
    [InlineData("http://localhost:1/", "The page redirects to another site, localhost.")]
    [InlineData("http://127.0.0.1:1/", "The page redirects to another site, 127.0.0.1.")]
    [InlineData("file:///etc/passwd", "The page redirects to another site, .")]
    [InlineData("http://u:p@127.0.0.1/", "The page redirects to another site, 127.0.0.1.")]
    [InlineData("/again", "The page redirects more than 5 times.")]
    public async Task A_redirect_to_elsewhere_or_without_end_is_not_followed(string location, string reason)
    {
        await using var site = await TestSite.StartAsync(http => Redirect(http, location));

        (await FailsAsync(site)).ShouldBe(reason);
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
    public async Task A_page_without_end_is_left_at_the_limit()
    {
        await using var site = await TestSite.StartAsync(async http =>
        {
            http.Response.ContentType = "text/plain";
            while (!http.RequestAborted.IsCancellationRequested)
                await http.Response.Body.WriteAsync(new byte[64 * 1024], http.RequestAborted);
        });

        (await FailsAsync(site)).ShouldBe("It is longer than 2,097,152 bytes.");
    }

    [Fact]
    public async Task A_page_that_says_it_has_100_MB_is_not_begun()
    {
        var sent = 0L;
        await using var site = await TestSite.StartAsync(async http =>
        {
            http.Response.ContentType = "text/html";
            if (http.Request.Path == "/robots.txt")
                return;
            http.Response.ContentLength = 100_000_000;
            await http.Response.StartAsync(Cancel);
            while (sent < 100_000_000)
            {
                await http.Response.Body.WriteAsync(new byte[100_000], http.RequestAborted);
                sent += 100_000;
            }
        });

        (await FailsAsync(site)).ShouldBe("It is longer than 2,097,152 bytes.");
        sent.ShouldBeLessThan(100_000_000);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task What_unpacks_to_more_than_its_limit_is_refused(string encoding)
    {
        var packed = Packed(new byte[8_000_000], encoding);
        packed.Length.ShouldBeLessThan(100_000);
        await using var site = await TestSite.StartAsync(http =>
        {
            http.Response.ContentType = "text/html";
            http.Response.Headers.ContentEncoding = encoding;
            return http.Response.Body.WriteAsync(packed).AsTask();
        });

        (await FailsAsync(site)).ShouldBe("It is longer than 2,097,152 bytes.");
    }

    [Fact]
    public async Task A_page_that_never_comes_is_given_up()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var site = await TestSite.StartAsync(async http =>
        {
            if (http.Request.Path == "/robots.txt")
                return;
            asked.SetResult();
            await new TaskCompletionSource().Task.WaitAsync(http.RequestAborted);
        });

        var failing = FailsAsync(site);
        await asked.Task.WaitAsync(Cancel);
        _time.Advance(SiteClient.MaxTime);

        (await failing).ShouldBe("It took longer than 15 seconds.");
    }

    [Fact]
    public async Task A_page_that_comes_drop_by_drop_is_given_up_at_the_same_time()
    {
        var dropped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var site = await TestSite.StartAsync(async http =>
        {
            http.Response.ContentType = "text/html";
            if (http.Request.Path == "/robots.txt")
                return;
            while (!http.RequestAborted.IsCancellationRequested)
            {
                await http.Response.Body.WriteAsync("<"u8.ToArray(), http.RequestAborted);
                _time.Advance(TimeSpan.FromSeconds(1));
                dropped.TrySetResult();
            }
        });

        (await FailsAsync(site)).ShouldBe("It took longer than 15 seconds.");
    }

    [Fact]
    public async Task A_name_that_nobody_has_is_told() =>
        (await Should.ThrowAsync<PageException>(() => ReadAsync(new Uri("http://name.invalid")))).Message
            .ShouldBe("The site's robots.txt cannot be read, so that no page may be. The host's name is unknown.");

    [Theory]
    [InlineData(null, false)]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.0.0.1:1", false)]
    [InlineData("wiki.corp.example, 127.0.0.1", true)]
    public async Task A_private_address_is_connected_to_only_where_its_host_is_named(string? allowed, bool connected)
    {
        await using var site = await SiteAsync("text/plain", "Secret");
        using var readers = new Readers(_time, new() { AllowedHosts = allowed, DelayMilliseconds = 0 });

        var failure = await Record.ExceptionAsync(() => readers.Pages.ReadAsync(site.Address, null, Readers.GoOn, Cancel));

        (failure is null).ShouldBe(connected);
        if (!connected)
            failure!.Message.ShouldEndWith("The URL does not lead to a public address.");
    }

    [Fact]
    public async Task A_public_name_with_a_private_address_is_not_connected_to()
    {
        using var readers = new Readers(_time, new() { DelayMilliseconds = 0 }, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("168.63.129.16"), IPAddress.Parse("::ffff:169.254.169.254")]));

        var failure = await Should.ThrowAsync<PageException>(() => readers.Pages.ReadAsync(new("http://example.com/"), null, Readers.GoOn, Cancel));

        failure.Message.ShouldEndWith("The URL does not lead to a public address.");
    }

    [Fact]
    public async Task What_robots_txt_forbids_is_not_asked_for_not_even_by_a_redirect()
    {
        var asked = new List<string>();
        await using var site = await TestSite.StartAsync(http =>
        {
            asked.Add(http.Request.Path);
            return http.Request.Path == "/robots.txt" ? http.Response.WriteAsync("user-agent: *\ndisallow: /secret") : Redirect(http, "/secret");
        });

        (await FailsAsync(site)).ShouldBe("The site's robots.txt does not allow it.");
        asked.ShouldBe(["/robots.txt", "/"]);
    }

    [Theory]
    [InlineData(404, true)]
    [InlineData(403, true)]
    [InlineData(500, false)]
    [InlineData(429, false)]
    public async Task Without_a_robots_txt_everything_is_allowed_and_nothing_where_it_cannot_be_read(int status, bool allowed)
    {
        await using var site = await TestSite.StartAsync(http =>
        {
            http.Response.ContentType = "text/plain";
            if (http.Request.Path != "/robots.txt")
                return http.Response.WriteAsync("text");
            http.Response.StatusCode = status;
            http.Response.Headers.RetryAfter = "0";
            return Task.CompletedTask;
        });

        var failure = await Record.ExceptionAsync(() => ReadAsync(site));

        if (allowed)
            failure.ShouldBeNull();
        else
            failure!.Message.ShouldBe($"The site's robots.txt cannot be read, so that no page may be. It answered {status}.");
    }

    [Fact]
    public async Task Robots_txt_is_asked_for_once_a_day()
    {
        var asked = 0;
        await using var site = await TestSite.StartAsync(http =>
        {
            asked += http.Request.Path == "/robots.txt" ? 1 : 0;
            http.Response.ContentType = "text/plain";
            return http.Response.WriteAsync("text");
        });
        await ReadAsync(site);
        await ReadAsync(site);
        asked.ShouldBe(1);
        _time.Advance(TimeSpan.FromHours(24));

        await ReadAsync(site);

        asked.ShouldBe(2);
    }

    [Fact]
    public async Task An_overloaded_site_is_asked_again_as_late_as_it_wants()
    {
        var time = new PausingTime();
        using var readers = new Readers(time);
        var asked = new List<DateTimeOffset>();
        await using var site = await TestSite.StartAsync(http =>
        {
            http.Response.ContentType = "text/plain";
            if (http.Request.Path == "/robots.txt")
                return Task.CompletedTask;
            asked.Add(time.GetUtcNow());
            http.Response.StatusCode = asked.Count < 3 ? 503 : 200;
            http.Response.Headers.RetryAfter = "7";
            return http.Response.WriteAsync(asked.Count < 3 ? "" : "Here again.");
        });

        var reading = readers.Pages.ReadAsync(site.Address, null, Readers.GoOn, Cancel);
        await time.PassUntilAsync(reading);

        (await reading).Page!.Text.ShouldBe("Here again.");
        Pauses(asked).ShouldBe([7, 7]);
    }

    [Theory]
    [InlineData(null, new double[] { 2, 4 }, "The page answered 429.")]
    [InlineData("-1", new double[] { 2, 4 }, "The page answered 429.")]
    [InlineData("60", new double[] { 60, 60 }, "The page answered 429.")]
    [InlineData("61", new double[0], "The page answered 429.")]
    public async Task A_site_that_stays_overloaded_is_left_alone_in_the_end(string? retryAfter, double[] pauses, string reason)
    {
        var time = new PausingTime();
        using var readers = new Readers(time);
        var asked = new List<DateTimeOffset>();
        await using var site = await TestSite.StartAsync(http =>
        {
            if (http.Request.Path == "/robots.txt")
                return Task.CompletedTask;
            asked.Add(time.GetUtcNow());
            http.Response.StatusCode = 429;
            http.Response.Headers.RetryAfter = retryAfter;
            return Task.CompletedTask;
        });

        var reading = readers.Pages.ReadAsync(site.Address, null, Readers.GoOn, Cancel);
        await time.PassUntilAsync(reading);

        (await Should.ThrowAsync<PageException>(reading)).Message.ShouldBe(reason);
        Pauses(asked).ShouldBe(pauses);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("user-agent: *\ncrawl-delay: 5", 5)]
    [InlineData("user-agent: *\ncrawl-delay: 3600", 30)]
    public async Task A_host_is_left_alone_after_each_request(string robots, double seconds)
    {
        var time = new PausingTime();
        using var readers = new Readers(time, new() { AllowPrivateAddresses = true, DelayMilliseconds = 1000 });
        var asked = new List<DateTimeOffset>();
        await using var site = await TestSite.StartAsync(http =>
        {
            http.Response.ContentType = "text/plain";
            asked.Add(time.GetUtcNow());
            return http.Response.WriteAsync(http.Request.Path == "/robots.txt" ? robots : "text");
        });

        for (var page = 0; page < 2; page++)
        {
            var reading = readers.Pages.ReadAsync(site.Address, null, Readers.GoOn, Cancel);
            await time.PassUntilAsync(reading);
            await reading;
        }

        // The site's own pause is known once its robots.txt is.
        Pauses(asked).ShouldBe([seconds, seconds]);
    }

    [Fact]
    public async Task A_host_is_asked_for_one_page_at_a_time()
    {
        var (at, most) = (0, 0);
        await using var site = await TestSite.StartAsync(async http =>
        {
            most = Math.Max(most, Interlocked.Increment(ref at));
            http.Response.ContentType = "text/plain";
            await Task.Yield();
            await http.Response.WriteAsync("text");
            Interlocked.Decrement(ref at);
        });

        await Task.WhenAll(Enumerable.Range(0, 10).Select(page => ReadAsync(new Uri(site.Address, $"/{page}"))));

        most.ShouldBe(1);
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

    public static byte[] Pdf(string text)
    {
        var pdf = new PdfDocumentBuilder { DocumentInformation = { Title = "Manual" } };
        var font = pdf.AddStandard14Font(Standard14Font.Helvetica);
        pdf.AddPage(UglyToad.PdfPig.Content.PageSize.A4).AddText(text, 12, new(25, 700), font);
        return pdf.Build();
    }

    /// <summary>A PDF whose only page is that long, and next to nothing packed.</summary>
    private static byte[] PackedPdf(int megabytes)
    {
        var content = Packed(Enumerable.Repeat((byte)' ', megabytes * 1_000_000).ToArray(), "deflate");
        var pdf = new MemoryStream();
        var offsets = new List<long>();
        Write("%PDF-1.4\n");
        Object("<< /Type /Catalog /Pages 2 0 R >>");
        Object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
        Object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R /Resources << >> >>");
        Object($"<< /Length {content.Length} /Filter /FlateDecode >>\nstream\n", content, "\nendstream");
        var start = pdf.Length;
        Write($"xref\n0 {offsets.Count + 1}\n0000000000 65535 f \n");
        foreach (var offset in offsets)
            Write($"{offset:d10} 00000 n \n");
        Write($"trailer\n<< /Size {offsets.Count + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF");
        return pdf.ToArray();

        void Write(string text) => pdf.Write(Encoding.ASCII.GetBytes(text));

        void Object(string head, byte[]? body = null, string tail = "")
        {
            offsets.Add(pdf.Length);
            Write($"{offsets.Count} 0 obj\n{head}");
            pdf.Write(body ?? []);
            Write($"{tail}\nendobj\n");
        }
    }

    private static double[] Pauses(List<DateTimeOffset> asked) =>
        [.. asked.Zip(asked.Skip(1), (before, after) => (after - before).TotalSeconds)];

    private static byte[] Packed(byte[] bytes, string encoding)
    {
        var packed = new MemoryStream();
        using (Stream packing = encoding switch
        {
            "gzip" => new GZipStream(packed, CompressionLevel.Fastest),
            "br" => new BrotliStream(packed, CompressionLevel.Fastest),
            _ => new ZLibStream(packed, CompressionLevel.Fastest),
        })
            packing.Write(bytes);
        return packed.ToArray();
    }

    private static Task Redirect(HttpContext http, string location)
    {
        if (http.Request.Path == "/robots.txt")
            http.Response.StatusCode = 404;
        else
            http.Response.Redirect(location);
        return Task.CompletedTask;
    }

    private static Task<TestSite> SiteAsync(string? type, string body) => SiteAsync(type, Encoding.UTF8.GetBytes(body));

    private static Task<TestSite> SiteAsync(string? type, byte[] body) => TestSite.StartAsync(http =>
    {
        http.Response.ContentType = http.Request.Path == "/robots.txt" ? "text/plain" : type;
        return http.Request.Path == "/robots.txt" ? Task.CompletedTask : http.Response.Body.WriteAsync(body).AsTask();
    });

    private Task<Page> ReadAsync(TestSite site) => ReadAsync(site.Address);

    private async Task<Page> ReadAsync(Uri url) => (await _readers.Pages.ReadAsync(url, null, Readers.GoOn, Cancel)).Page!;

    private async Task<string> FailsAsync(TestSite site) =>
        (await Should.ThrowAsync<PageException>(() => ReadAsync(site))).Message;
}

using FunctionsApi.Agents;
using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Agents.Knowledge;
using FunctionsApi.Settings;
using FunctionsApi.Storage;
using FunctionsApi.Tests.Agents.Reading;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents;

/// <summary>What a job makes of a site, run in the test itself.</summary>
public sealed class CrawledSiteTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly InMemoryTableStore _store = new();
    private readonly TenantTurns _turns = new();
    private readonly Readers _readers;
    private readonly CrawlJobs _jobs;
    private readonly List<string> _asked = [];

    public CrawledSiteTests()
    {
        _readers = new(_time);
        _jobs = new(_store, new(_store), _time);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _readers.Dispose();
        _turns.Dispose();
    }

    [Fact]
    public async Task A_whole_site_is_taken_in_but_for_what_it_wants_left_alone()
    {
        await using var site = await FilesAsync();

        var job = await RunAsync(site.Address, 100, 2);

        (job.Status, job.Pages).ShouldBe((CrawlStatus.Succeeded, new(26, 23, 0, 3, 0)));
        job.Reasons.Select(reason => (reason.Outcome, reason.Reason, reason.Example)).ShouldBe(
        [
            ("skipped", "The site's robots.txt does not allow it.", $"{site.Address}internal/stock.html"),
            ("skipped", "It is another page of this crawl under a second URL.", $"{site.Address}index.html"),
            ("skipped", "It asks not to be indexed.", $"{site.Address}thanks.html"),
        ], ignoreOrder: true);
        var documents = await DocumentsAsync();
        documents.ShouldContain(document => document.Info.Url == $"{site.Address}press.html" && document.Text.Contains("Nordic Design Award", StringComparison.Ordinal));
        documents.ShouldContain(document => document.Info.Url == $"{site.Address}manual.pdf" && document.Text.Contains("oiled", StringComparison.Ordinal));
        documents.ShouldContain(document => document.Info.Url == $"{site.Address}help/care.md" && document.Text.Contains("seven millilitres", StringComparison.Ordinal));
        foreach (var document in documents)
            foreach (var word in (string[])["zanzibar", "xylophones", "quokka", "wombats", "Accept all", "newsletter"])
                document.Text.ShouldNotContain(word, customMessage: document.Info.Url);
        _asked.Count.ShouldBe(_asked.Distinct().Count());
        _asked.ShouldNotContain("/internal/stock.html");
    }

    [Fact]
    public async Task A_site_that_has_not_changed_is_not_sent_again()
    {
        await using var site = await FilesAsync();
        await RunAsync(site.Address, 100, 2);

        var again = await RunAsync(site.Address, 100, 2);

        again.Pages.ShouldBe(new(26, 0, 23, 3, 0));
        (await DocumentsAsync()).ShouldAllBe(document => document.Info.Job == again.Id);
    }

    [Fact]
    public async Task A_page_behind_a_redirect_that_has_not_changed_is_not_sent_again()
    {
        var sent = 0;
        await using var site = await TestSite.StartAsync(http =>
        {
            http.Response.ContentType = "text/html";
            switch (http.Request.Path.Value)
            {
                case "/":
                    http.Response.Redirect("/moved");
                    return Task.CompletedTask;
                case "/moved":
                    http.Response.Redirect("/home");
                    return Task.CompletedTask;
                case "/home" when http.Request.Headers.IfNoneMatch == "\"h1\"":
                    http.Response.StatusCode = 304;
                    return Task.CompletedTask;
                case "/home":
                    sent++;
                    http.Response.Headers.ETag = "\"h1\"";
                    return http.Response.WriteAsync("<p>Home</p><nav><a href=/a>1</a></nav>");
                case "/a":
                    return http.Response.WriteAsync("<p>Page A</p>");
                default:
                    return NotFound(http);
            }
        });
        await RunAsync(site.Address, 10, 1);

        var again = await RunAsync(site.Address, 10, 1);

        sent.ShouldBe(1);
        again.Pages.ShouldBe(new(2, 0, 2, 0, 0));
        (await DocumentsAsync()).Select(document => (document.Text, document.Info.Job)).ShouldBe([("Home", again.Id), ("Page A", again.Id)], ignoreOrder: true);
    }

    [Fact]
    public async Task A_page_under_several_URLs_is_stored_once()
    {
        await using var site = await SiteAsync(new()
        {
            ["/"] = "<p>Home</p><nav><a href='/a?utm_source=x'>1</a><a href='/a/'>2</a><a href='/a#b'>3</a><a href='/old'>4</a><a href='/print'>5</a></nav>",
            ["/a"] = "<p>Page A</p>",
            ["/old"] = "> /a",
            ["/print"] = "<link rel=canonical href='/a'><p>Page A, printed</p>",
        });

        var job = await RunAsync(site.Address, 10, 1);

        job.Pages.ShouldBe(new(4, 2, 0, 2, 0));
        (await DocumentsAsync()).Select(document => document.Text).ShouldBe(["Home", "Page A"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_page_that_has_moved_is_read_anew_and_is_not_found_twice()
    {
        var hasMoved = false;
        await using var site = await TestSite.StartAsync(http =>
        {
            http.Response.ContentType = "text/html";
            switch (http.Request.Path.Value)
            {
                case "/":
                    return http.Response.WriteAsync("<p>Home</p><nav><a href=/old>1</a></nav>");
                case "/old" when hasMoved:
                    http.Response.Redirect("/new");
                    return Task.CompletedTask;
                case "/old":
                    http.Response.Headers.LastModified = "Thu, 26 Feb 2026 10:00:00 GMT";
                    return http.Response.WriteAsync("<p>What was said before</p>");
                // Older than what was read of the other page, so that it says that nothing has changed since.
                case "/new" when http.Request.Headers.IfModifiedSince.Count > 0:
                    http.Response.StatusCode = 304;
                    return Task.CompletedTask;
                case "/new":
                    return http.Response.WriteAsync("<p>What is said now</p>");
                default:
                    return NotFound(http);
            }
        });
        await RunAsync(site.Address, 10, 1);
        hasMoved = true;

        await RunAsync(site.Address, 10, 1);

        (await DocumentsAsync()).Select(document => document.Text).ShouldBe(["Home", "What is said now"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_canonical_page_that_nobody_links_to_is_read_and_two_that_name_each_other_are_not_both_lost()
    {
        await using var site = await SiteAsync(new()
        {
            ["/"] = "<p>Home</p><nav><a href=/x>x</a></nav>",
            ["/x"] = "<link rel=canonical href=/y><p>Page X</p>",
            ["/y"] = "<link rel=canonical href=/x><p>Page Y</p>",
        });

        await RunAsync(site.Address, 2, 1);

        (await DocumentsAsync()).Select(document => document.Text).ShouldBe(["Home", "Page Y"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_calendar_without_end_ends_with_maxPages()
    {
        await using var site = await TestSite.StartAsync(http =>
        {
            if (http.Request.Path.Value is "/robots.txt" or "/sitemap.xml")
                return NotFound(http);
            var month = http.Request.Path.Value!.TrimStart('/') is { Length: > 0 } number ? int.Parse(number) : 0;
            http.Response.ContentType = "text/html";
            return http.Response.WriteAsync($"<p>Month {month}</p><a href=/{month + 1}>next</a><a href=/{month + 2}>after</a>");
        });

        (await RunAsync(site.Address, 30, 10)).Pages.ShouldBe(new(21, 21, 0, 0, 0));
        (await RunAsync(site.Address, 10, 10)).Pages.Found.ShouldBe(10);
    }

    [Fact]
    public async Task Sitemaps_lead_to_sitemaps_and_are_unpacked()
    {
        await using var site = await TestSite.StartAsync(http =>
        {
            http.Response.ContentType = "text/html";
            var origin = $"http://{http.Request.Host}";
            switch (http.Request.Path.Value)
            {
                case "/robots.txt":
                    return http.Response.WriteAsync($"Sitemap: {origin}/index.xml\nSitemap: /list.txt");
                case "/index.xml":
                    return http.Response.WriteAsync($"<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><sitemap><loc>{origin}/more.xml.gz</loc></sitemap><sitemap><loc>http://other.example/s.xml</loc></sitemap></sitemapindex>");
                case "/list.txt":
                    return http.Response.WriteAsync($"{origin}/listed\nhttp://other.example/x\n");
                case "/more.xml.gz":
                    var packed = new MemoryStream();
                    using (var packing = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest))
                        packing.Write(System.Text.Encoding.UTF8.GetBytes($"<urlset><url><loc>{origin}/packed</loc></url><url><loc>broken"));
                    return http.Response.Body.WriteAsync(packed.ToArray()).AsTask();
                default:
                    return http.Response.WriteAsync($"<p>Page {http.Request.Path}</p>");
            }
        });

        await RunAsync(site.Address, 10, 1);

        (await DocumentsAsync()).Select(document => document.Text).ShouldBe(["Page /", "Page /listed", "Page /packed"], ignoreOrder: true);
    }

    [Theory]
    [InlineData(410, "<p>x</p>")]
    [InlineData(404, "<p>x</p>")]
    [InlineData(200, "<meta name=robots content=noindex><p>x</p>")]
    public async Task A_page_that_is_gone_or_wants_not_to_be_found_is_deleted(int status, string html)
    {
        var gone = false;
        await using var site = await TestSite.StartAsync(http =>
        {
            if (http.Request.Path == "/robots.txt")
                return NotFound(http);
            http.Response.ContentType = "text/html";
            http.Response.StatusCode = gone ? status : 200;
            return http.Response.WriteAsync(gone ? html : "<p>Here</p>");
        });
        await RunAsync(site.Address, 1, 0);
        (await DocumentsAsync()).Count.ShouldBe(1);
        gone = true;

        (await RunAsync(site.Address, 1, 0)).Status.ShouldBe(CrawlStatus.Failed);

        (await DocumentsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Who_has_as_many_documents_as_he_may_is_told()
    {
        await using var site = await SiteAsync(new() { ["/"] = "<p>Home</p><a href=/a>a</a><a href=/b>b</a>", ["/a"] = "<p>A</p>", ["/b"] = "<p>B</p>" });

        var job = await RunAsync(site.Address, 10, 1, new() { MaxDocuments = 1 });

        job.Pages.ShouldBe(new(3, 1, 0, 2, 0));
        job.Reasons.ShouldHaveSingleItem().ShouldBe(new("skipped", "You have stored as many documents as you may. Delete some, and crawl again.", 2, $"{site.Address}a"));
    }

    [Fact]
    public async Task A_cancelled_job_ends_before_its_next_page_and_leaves_nothing_but_its_result()
    {
        CrawlJob? job = null;
        await using var site = await TestSite.StartAsync(async http =>
        {
            if (http.Request.Path.Value is "/robots.txt" or "/sitemap.xml")
            {
                await NotFound(http);
                return;
            }

            _asked.Add(http.Request.Path);
            if (http.Request.Path == "/1")
                (await _jobs.CancelAsync("acme", job!.Id, Cancel))!.Status.ShouldBe(CrawlStatus.Cancelled);
            http.Response.ContentType = "text/html";
            await http.Response.WriteAsync("<p>x</p><a href=/1>1</a><a href=/2>2</a>");
        });
        job = await _jobs.AddAsync("acme", site.Address.OriginalString, 10, 1, Cancel);

        await Should.ThrowAsync<CrawlTakenOverException>(() => GoAsync(job, new()));
        await _jobs.TidyAsync("acme", job.Id, Cancel);

        _asked.ShouldBe(["/", "/1"]);
        var end = (await _jobs.FindAsync("acme", job.Id, Cancel)).ShouldNotBeNull();
        (end.Status, end.Pages.Fetched).ShouldBe((CrawlStatus.Cancelled, 1));
        end.FinishedAt.ShouldNotBeNull();
        foreach (var table in (string[])["CrawlPages", "OpenJobs"])
            (await _store.QueryAsync(table, new(), Cancel).CountAsync(Cancel)).ShouldBe(0);
    }

    [Fact]
    public async Task A_job_that_is_deleted_while_it_runs_leaves_nothing()
    {
        await using var site = await TestSite.StartAsync(async http =>
        {
            if (http.Request.Path.Value is "/robots.txt" or "/sitemap.xml")
            {
                await NotFound(http);
                return;
            }

            await _jobs.DeleteAllAsync("acme", Cancel);
            http.Response.ContentType = "text/html";
            await http.Response.WriteAsync("<p>x</p><a href=/1>1</a><a href=/2>2</a>");
        });
        var job = await _jobs.AddAsync("acme", site.Address.OriginalString, 10, 1, Cancel);

        await Should.ThrowAsync<CrawlTakenOverException>(() => GoAsync(job, new()));
        await _jobs.TidyAsync("acme", job.Id, Cancel);

        foreach (var table in (string[])["Jobs", "CrawlPages", "OpenJobs"])
            (await _store.QueryAsync(table, new(), Cancel).CountAsync(Cancel)).ShouldBe(0);
    }

    private Task<TestSite> FilesAsync() => TestSite.StartAsync(async http =>
    {
        var path = http.Request.Path.Value == "/" ? "/index.html" : http.Request.Path.Value!;
        if (path != "/robots.txt" && path != "/sitemap.xml")
            _asked.Add(http.Request.Path);
        var bytes = path == "/manual.pdf" ? PageReaderTests.Pdf("The pump is oiled every year.")
            : System.Text.Encoding.UTF8.GetBytes((await File.ReadAllTextAsync(TestFiles.Site + path, Cancel)).Replace("http://site.example", $"http://{http.Request.Host}"));
        var tag = $"\"{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(path == "/manual.pdf" ? "pdf"u8.ToArray() : bytes).AsSpan(0, 8))}\"";
        http.Response.Headers.ETag = tag;
        http.Response.ContentType = Path.GetExtension(path) switch { ".html" => "text/html", ".pdf" => "application/pdf", ".xml" => "text/xml", ".md" => "application/octet-stream", _ => "text/plain" };
        if (http.Request.Headers.IfNoneMatch == tag)
            http.Response.StatusCode = 304;
        else
            await http.Response.Body.WriteAsync(bytes, Cancel);
    });

    private static Task<TestSite> SiteAsync(Dictionary<string, string> pages) => TestSite.StartAsync(http =>
    {
        if (!pages.TryGetValue(http.Request.Path.Value!.Length > 1 ? http.Request.Path.Value!.TrimEnd('/') : "/", out var page))
            return NotFound(http);
        http.Response.ContentType = "text/html";
        if (!page.StartsWith('>'))
            return http.Response.WriteAsync(page);
        http.Response.Redirect(page[2..]);
        return Task.CompletedTask;
    });

    private static Task NotFound(HttpContext http)
    {
        http.Response.StatusCode = 404;
        return Task.CompletedTask;
    }

    private async Task<CrawlJob> RunAsync(Uri url, int maxPages, int maxDepth, KnowledgeOptions? limits = null)
    {
        _asked.Clear();
        var job = await _jobs.AddAsync("acme", url.OriginalString, maxPages, maxDepth, Cancel);
        (await GoAsync(job, limits ?? new())).ShouldBeTrue();
        return (await _jobs.FindAsync("acme", job.Id, Cancel))!;
    }

    private async Task<bool> GoAsync(CrawlJob job, KnowledgeOptions limits)
    {
        var run = new CrawlRun(_jobs, new(_store), Documents(limits), _readers.Pages, _readers.Sitemaps, _time, NullLogger<CrawlRun>.Instance);
        return await run.GoAsync((await _jobs.TryClaimAsync("acme", job.Id, "m", Cancel))!, _ => Task.FromResult(true), Cancel);
    }

    private async Task<List<Document>> DocumentsAsync() => await Documents(new()).TextsAsync("acme", Cancel).ToListAsync(Cancel);

    private DocumentTable Documents(KnowledgeOptions limits) => new(_store, _turns, limits, _time);
}

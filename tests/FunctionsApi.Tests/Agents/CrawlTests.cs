using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Storage;
using FunctionsApi.Tests.Usage;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents;

public sealed class CrawlTests
{
    private const string Crawl = "/api/v1/ingestion/crawl";
    private const string Nowhere = "http://127.0.0.1:1/";

    private static readonly Dictionary<string, string?> AllowPrivate = new() { ["Crawl:AllowPrivateAddresses"] = "true", ["Crawl:DelayMilliseconds"] = "0" };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_crawl_is_accepted_and_its_page_can_be_searched()
    {
        await using var site = await TestSite.WithPageAsync("<title>Quotas</title><p>A lease is spent in memory.</p>");
        var store = new FailingTableStore(new InMemoryTableStore());
        await using var host = await TestHost.StartAsync(AllowPrivate, store);
        using var client = await host.ClientAsync("acme", "alice", agents: "pro");

        var accepted = await client.PostAsJsonAsync(Crawl, new { url = site.Address, maxPages = 3, maxDepth = 1 }, Cancel);

        accepted.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var job = await JsonAsync(accepted);
        var id = job["id"]!.GetValue<string>();
        accepted.Headers.Location!.OriginalString.ShouldBe($"{Crawl}/{id}");
        job.ToJsonString().ShouldBe(new JsonObject
        {
            ["id"] = id,
            ["status"] = "queued",
            ["url"] = site.Address.OriginalString,
            ["maxPages"] = 3,
            ["maxDepth"] = 1,
            ["createdAt"] = "2026-02-27T09:30:00Z",
            ["attempts"] = 0,
            ["pages"] = new JsonObject { ["found"] = 0, ["fetched"] = 0, ["unchanged"] = 0, ["skipped"] = 0, ["failed"] = 0 },
            ["reasons"] = new JsonArray(),
        }.ToJsonString());

        await FinishedAsync(host, store, "acme", id);
        job = await JsonAsync(await client.GetAsync(accepted.Headers.Location, Cancel));
        job["status"]!.GetValue<string>().ShouldBe("succeeded");
        job["pages"]!["fetched"]!.GetValue<int>().ShouldBe(1);
        job["finishedAt"]!.GetValue<string>().ShouldBe("2026-02-27T09:30:00Z");
        var found = await JsonAsync(await client.GetAsync("/api/v1/knowledge/search?q=lease", Cancel));
        found["results"]!.AsArray().ShouldHaveSingleItem()!["title"]!.GetValue<string>().ShouldBe("Quotas");
    }

    [Fact]
    public async Task A_crawl_that_cannot_be_done_says_why()
    {
        await using var site = await TestSite.StartAsync(http =>
        {
            http.Response.StatusCode = 404;
            return Task.CompletedTask;
        });
        var store = new FailingTableStore(new InMemoryTableStore());
        await using var host = await TestHost.StartAsync(AllowPrivate, store);
        using var client = await host.ClientAsync("acme", "alice", agents: "pro");
        var accepted = await JsonAsync(await client.PostAsJsonAsync(Crawl, new { url = site.Address }, Cancel));

        var job = await FinishedAsync(host, store, "acme", accepted["id"]!.GetValue<string>());

        job.Status.ShouldBe(CrawlStatus.Failed);
        job.Error.ShouldBe("The page answered 404.");
    }

    [Fact]
    public async Task Another_tenants_crawl_does_not_exist()
    {
        await using var host = await TestHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", agents: "pro");
        using var stranger = await host.ClientAsync("other", "eve", agents: "pro");
        var job = await host.Services.GetRequiredService<CrawlJobs>().AddAsync("acme", Nowhere, 1, 0, Cancel);

        (await client.GetAsync($"{Crawl}/{job.Id}", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await stranger.GetAsync($"{Crawl}/{job.Id}", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await client.GetAsync($"{Crawl}/{Guid.Empty:N}", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await client.GetAsync($"{Crawl}/not-an-id", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("{}", "'url' is missing.")]
    [InlineData("[]", "The body must be a JSON object.")]
    [InlineData("""{"url":7}""", "'url' must be a string of 1 to 2048 characters.")]
    [InlineData("""{"url":" "}""", "'url' must be a string of 1 to 2048 characters.")]
    [InlineData("""{"url":"\ud800"}""", "'url' must be a string of 1 to 2048 characters.")]
    [InlineData("""{"url":"/docs"}""", "'url' must be an absolute http or https URL.")]
    [InlineData("""{"url":"file:///etc/passwd"}""", "'url' must be an absolute http or https URL.")]
    [InlineData("""{"url":"https://user:secret@example.com"}""", "'url' must not hold a user name or password.")]
    [InlineData("""{"url":"http://localhost:8080"}""", "'url' must lead to a public address.")]
    [InlineData("""{"url":"http://db.localhost"}""", "'url' must lead to a public address.")]
    [InlineData("""{"url":"http://169.254.169.254/metadata"}""", "'url' must lead to a public address.")]
    [InlineData("""{"url":"http://168.63.129.16/"}""", "'url' must lead to a public address.")]
    [InlineData("""{"url":"http://[::ffff:168.63.129.16]:32526/vmSettings"}""", "'url' must lead to a public address.")]
    [InlineData("""{"url":"http://100.100.100.200/latest/meta-data"}""", "'url' must lead to a public address.")]
    [InlineData("""{"url":"http://192.0.0.192/opc/v2"}""", "'url' must lead to a public address.")]
    [InlineData("""{"url":"http://[fd00:ec2::254]/latest"}""", "'url' must lead to a public address.")]
    [InlineData("""{"url":"http://2130706433/"}""", "'url' must lead to a public address.")]
    [InlineData("""{"url":"http://[::ffff:10.0.0.1]/"}""", "'url' must lead to a public address.")]
    [InlineData("""{"url":"https://example.com","maxPages":0}""", "'maxPages' must be a whole number from 1 to 1000.")]
    [InlineData("""{"url":"https://example.com","maxPages":1.5}""", "'maxPages' must be a whole number from 1 to 1000.")]
    [InlineData("""{"url":"https://example.com","maxPages":1e99}""", "'maxPages' must be a whole number from 1 to 1000.")]
    [InlineData("""{"url":"https://example.com","maxDepth":-1}""", "'maxDepth' must be a whole number from 0 to 10.")]
    [InlineData("""{"url":"https://example.com","maxDepth":"1"}""", "'maxDepth' must be a whole number from 0 to 10.")]
    public async Task An_invalid_crawl_is_refused_and_uses_nothing(string body, string reason)
    {
        await using var host = await TestHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", agents: "free");

        var response = await client.PostAsync(Crawl, Json(body), Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await JsonAsync(response))["message"]!.GetValue<string>().ShouldBe(reason);
        response.Headers.GetValues("X-RateLimit-Remaining").ShouldBe(["10"]);
    }

    [Fact]
    public async Task The_eleventh_crawl_of_an_hour_is_refused_on_the_free_plan()
    {
        await using var host = await TestHost.StartAsync(AllowPrivate);
        using var client = await host.ClientAsync("acme", "alice", agents: "free");
        for (var i = 0; i < 10; i++)
            (await client.PostAsJsonAsync(Crawl, new { url = Nowhere }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Accepted);

        var response = await client.PostAsJsonAsync(Crawl, new { url = Nowhere }, Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        response.Headers.GetValues("X-RateLimit-Limit").ShouldBe(["10"]);
    }

    [Fact]
    public async Task A_crawl_that_was_waiting_when_its_server_was_killed_is_run_at_the_next_start()
    {
        await using var site = await TestSite.WithPageAsync("<p>Here again.</p>");
        var store = new FailingTableStore(new InMemoryTableStore());
        var job = await AddAsync(store, site);

        await using var host = await TestHost.StartAsync(AllowPrivate, store);

        (await FinishedAsync(host, store, "acme", job.Id)).Status.ShouldBe(CrawlStatus.Succeeded);
    }

    [Fact]
    public async Task A_crawl_is_accepted_although_the_queue_is_away_and_run_after_the_next_sweep()
    {
        await using var site = await TestSite.WithPageAsync("<p>Here again.</p>");
        var store = new FailingTableStore(new InMemoryTableStore());
        await using var host = await TestHost.StartAsync(AllowPrivate, new MortalStore(store) { Broken = "QueueMessages" });
        using var client = await host.ClientAsync("acme", "alice", agents: "pro");

        var accepted = await client.PostAsJsonAsync(Crawl, new { url = site.Address }, Cancel);

        accepted.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var time = new ManualTime(host.Time.GetUtcNow() + CrawlRecovery.After);
        var recovery = new CrawlRecovery(new(store, new(store), time), new(new TableQueue(store, time)));
        (await recovery.RunOnceAsync(Cancel)).ShouldBe(1);
    }

    private static async Task<CrawlJob> AddAsync(ITableStore store, TestSite site)
    {
        var time = new ManualTime();
        var job = await new CrawlJobs(store, new(store), time).AddAsync("acme", site.Address.OriginalString, 1, 0, Cancel);
        await new CrawlQueue(new TableQueue(store, time)).SendAsync("acme", job.Id, Cancel);
        return job;
    }

    private static async Task<CrawlJob> FinishedAsync(TestHost host, FailingTableStore store, string tenant, string id)
    {
        var jobs = host.Services.GetRequiredService<CrawlJobs>();
        while (true)
        {
            var job = (await jobs.FindAsync(tenant, id, Cancel)).ShouldNotBeNull();
            if (job.FinishedAt is not null)
                return job;
            await store.NextWriteAsync(Cancel);
        }
    }

    private static StringContent Json(string body) => new(body, System.Text.Encoding.UTF8, "application/json");

    private static async Task<JsonObject> JsonAsync(HttpResponseMessage response) =>
        (await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!;
}

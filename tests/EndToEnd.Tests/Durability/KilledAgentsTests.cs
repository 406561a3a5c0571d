using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsApi.Tests.Agents;
using Microsoft.AspNetCore.Http;

namespace FunctionsApi.EndToEnd.Tests.Durability;

/// <summary>What the agents API has acknowledged outlives a kill of its server under load.</summary>
public sealed class KilledAgentsTests : IAsyncDisposable
{
    private const int Clients = 4, Batch = 5;

    private readonly Installation _installation = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task Every_event_that_was_acknowledged_is_stored_once_and_one_that_is_sent_again_too()
    {
        var key = await _installation.CreateKeyAsync(agents: "pro");
        var (acknowledged, sent) = (new ConcurrentQueue<string>(), new ConcurrentQueue<string>());

        for (var kills = 0; kills < 3; kills++)
        {
            var aim = acknowledged.Count + (40 * Batch);
            await LoadUntilKilledAsync(key, () => acknowledged.Count >= aim, client => SendAsync(client, [.. NewIds(Batch)], sent, acknowledged));
        }

        var stored = await StoredAsync();
        stored.Count.ShouldBe(stored.Distinct().Count());
        acknowledged.Except(stored).ShouldBeEmpty();
        stored.Except(sent).ShouldBeEmpty();

        // A sender that got no answer sends again.
        using var again = (await _installation.ServeAsync()).Client(key);
        foreach (var batch in sent.Except(acknowledged).Chunk(Batch))
            await SendAsync(again, batch, new(), acknowledged);
        stored = await StoredAsync();
        stored.ShouldBe(sent, ignoreOrder: true);
        var summary = JsonNode.Parse(await again.GetStringAsync("/api/v1/analytics/summary?by=type", Cancel))!;
        summary["byType"]!.ToJsonString().ShouldBe($$"""{"view":{{sent.Count}}}""");
    }

    [Fact]
    public async Task Every_document_whose_deletion_was_acknowledged_is_gone_and_every_other_is_whole()
    {
        const int pages = 120;
        await using var site = await SiteAsync(pages);
        var key = await _installation.CreateKeyAsync(agents: "pro");
        string[] all;
        var crawling = await _installation.ServeAsync(("Crawl__AllowedHosts", site.Address.Authority), ("Crawl__DelayMilliseconds", "0"));
        using (var client = crawling.Client(key))
            all = await CrawlAsync(client, site, pages);
        await crawling.Process.KillAsync();

        var left = new ConcurrentQueue<string>(all);
        var (acknowledged, asked) = (new ConcurrentQueue<string>(), new ConcurrentQueue<string>());
        for (var kills = 0; kills < 3; kills++)
        {
            var aim = acknowledged.Count + 20;
            await LoadUntilKilledAsync(key, () => acknowledged.Count >= aim, client => DeleteNextAsync(client, left, asked, acknowledged));
        }

        using var next = (await _installation.ServeAsync()).Client(key);
        var (documents, total, bytes) = await ListAsync(next);
        documents.Intersect(acknowledged).ShouldBeEmpty();
        all.Except(asked).Except(documents).ShouldBeEmpty();
        total.ShouldBe(documents.Length);
        bytes.ShouldBeGreaterThan(0);
        var found = JsonNode.Parse(await next.GetStringAsync("/api/v1/knowledge/search?q=word", Cancel))!;
        found["total"]!.GetValue<int>().ShouldBe(documents.Length);

        foreach (var id in documents)
            (await next.DeleteAsync($"/api/v1/knowledge/documents/{id}", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (documents, total, bytes) = await ListAsync(next);
        (documents.Length, total, bytes).ShouldBe((0, 0, 0));
    }

    /// <summary>Serves clients that call as fast as they are answered, until there is enough; then kills the server while they go on.</summary>
    private async Task LoadUntilKilledAsync(ApiKey key, Func<bool> isEnough, Func<HttpClient, Task> call)
    {
        var server = await _installation.ServeAsync();
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var clients = Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(CallAsync)));
        await Patience.WaitAsync(Task.WhenAny(enough.Task, clients), "answers enough");
        await server.Process.KillAsync();
        await Patience.WaitAsync(clients, "the clients to notice");

        async Task CallAsync()
        {
            using var client = server.Client(key);
            try
            {
                while (true)
                {
                    await call(client);
                    if (isEnough())
                        enough.TrySetResult();
                }
            }
            catch (HttpRequestException)
            {
                // It was killed.
            }
        }
    }

    private static IEnumerable<string> NewIds(int count) => Enumerable.Range(0, count).Select(_ => $"{Guid.NewGuid():N}");

    private static async Task SendAsync(HttpClient client, string[] ids, ConcurrentQueue<string> sent, ConcurrentQueue<string> acknowledged)
    {
        foreach (var id in ids)
            sent.Enqueue(id);
        using var answer = await client.PostJsonAsync("/api/v1/analytics/events", JsonSerializer.Serialize(ids.Select(id => new { type = "view", id })));
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        foreach (var id in ids)
            acknowledged.Enqueue(id);
    }

    /// <summary>The ids of all events in the store.</summary>
    private async Task<List<string>> StoredAsync() => [.. (await _installation.AskAsync("events", "export", "--tenant", "acme"))
        .EnumerateArray().Select(stored => stored.GetProperty("event").GetProperty("id").GetString()!)];

    private static async Task DeleteNextAsync(
        HttpClient client, ConcurrentQueue<string> left, ConcurrentQueue<string> asked, ConcurrentQueue<string> acknowledged)
    {
        left.TryDequeue(out var id).ShouldBeTrue("There are too few documents.");
        asked.Enqueue(id);
        using var answer = await client.DeleteAsync($"/api/v1/knowledge/documents/{id}", Cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        acknowledged.Enqueue(id);
    }

    private static Task<TestSite> SiteAsync(int pages) => TestSite.StartAsync(http =>
    {
        var path = http.Request.Path.Value!;
        if (path is "/robots.txt" or "/sitemap.xml")
        {
            http.Response.StatusCode = 404;
            return Task.CompletedTask;
        }

        http.Response.ContentType = "text/html";
        var links = path == "/" ? string.Concat(Enumerable.Range(1, pages - 1).Select(number => $"<a href=/{number}>{number}</a> ")) : "";
        return http.Response.WriteAsync($"<p>A word about page {path}</p><nav>{links}</nav>");
    });

    /// <returns>The ids of the documents that the site has become.</returns>
    private static async Task<string[]> CrawlAsync(HttpClient client, TestSite site, int pages)
    {
        using var accepted = await client.PostJsonAsync(
            "/api/v1/ingestion/crawl", $$"""{"url":"{{site.Address}}","maxPages":{{pages}},"maxDepth":1}""");
        accepted.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await Patience.UntilAsync(
            async () => JsonNode.Parse(await client.GetStringAsync(accepted.Headers.Location!, Cancel))!["finishedAt"] is not null, "the crawl");
        var (documents, total, _) = await ListAsync(client);
        (documents.Length, total).ShouldBe((pages, pages));
        return documents;
    }

    private static async Task<(string[] Ids, int Total, long Bytes)> ListAsync(HttpClient client)
    {
        var list = JsonNode.Parse(await client.GetStringAsync("/api/v1/knowledge/documents?limit=200", Cancel))!;
        return (
            [.. list["documents"]!.AsArray().Select(document => document!["id"]!.GetValue<string>())],
            list["totals"]!["documents"]!.GetValue<int>(), list["totals"]!["bytes"]!.GetValue<long>());
    }
}

using System.Text.Json.Nodes;
using FunctionsApi.EndToEnd.Tests.Hosting;
using FunctionsApi.Tests.Agents.Knowledge;

namespace FunctionsApi.EndToEnd.Tests.Journeys;

/// <summary>A customer's way: takes a site in that nginx serves, finds something in it, asks a question, sends events, reads what they add up to.</summary>
public sealed class AgentsJourneyTests : IAsyncLifetime
{
    private const string Question = "How long does a refund take?";

    private Nginx? _site;
    private Azurite? _azurite;
    private Installation? _installation;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _site = await Nginx.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await (_installation?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_azurite?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_site?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [Fact]
    public async Task A_customer_of_the_program_alone_gets_from_a_site_to_answers()
    {
        await using var model = await ModelListener.SayingAsync("A refund takes five working days [1].");
        _installation = new();
        var key = await _installation.CreateKeyAsync();
        using (var client = (await _installation.ServeAsync(Settings())).Client(key))
            await GoAsync(client);

        using var withModel = (await _installation.ServeAsync([.. Settings(), .. Settings(model)])).Client(key);
        await AskAsync(withModel);
    }

    [Fact]
    public async Task A_customer_behind_the_Functions_host_gets_from_a_site_to_answers()
    {
        await using var model = await ModelListener.SayingAsync("A refund takes five working days [1].");
        _azurite = await Azurite.StartAsync();
        _installation = new(_azurite.ConnectionString);
        var key = await _installation.CreateKeyAsync();
        await using (var host = await _installation.ServeBehindHostAsync([.. HostedWorker.Sample(_azurite), .. Settings()]))
        {
            using var client = host.Client(key);
            await GoAsync(client);
            await host.StopAsync();
        }

        await using var other = await _installation.ServeBehindHostAsync([.. HostedWorker.Sample(_azurite), .. Settings(), .. Settings(model)]);
        using var withModel = other.Client(key);
        await AskAsync(withModel);
    }

    private (string Name, string Value)[] Settings() => [("Crawl__AllowedHosts", _site!.Address.Authority), ("Crawl__DelayMilliseconds", "0")];

    private static IEnumerable<(string Name, string Value)> Settings(ModelListener model) =>
        model.Settings.Select(setting => (setting.Key.Replace(":", "__", StringComparison.Ordinal), setting.Value!));

    private async Task GoAsync(HttpClient client)
    {
        await CrawlAsync(client);
        await FindAsync(client);

        var (answer, _) = await SendAsync(client, "/api/v1/knowledge/synthesize", $$"""{"question":"{{Question}}"}""", HttpStatusCode.OK);
        answer["kind"]!.GetValue<string>().ShouldBe("extractive");
        answer["answer"]!.GetValue<string>().ShouldStartWith("A refund takes five working days once the returned parcel has reached our warehouse.");
        answer["sources"]![0]!["url"]!.GetValue<string>().ShouldBe($"{_site!.Address}refunds.html");

        var (events, remaining) = await SendAsync(
            client, "/api/v1/analytics/events", """[{"type":"view","page":"/"},{"type":"view","page":"/refunds"},{"type":"order"},{"type":7}]""", HttpStatusCode.Accepted);
        (events["accepted"]!.GetValue<int>(), events["rejected"]!.GetValue<int>(), remaining).ShouldBe((3, 1, 9_999));
        var summary = await ReadAsync(client, "/api/v1/analytics/summary?by=type");
        summary["byType"]!.ToJsonString().ShouldBe("""{"order":1,"view":2}""");
    }

    private async Task CrawlAsync(HttpClient client)
    {
        using var accepted = await client.PostJsonAsync("/api/v1/ingestion/crawl", $$"""{"url":"{{_site!.Address}}","maxPages":50,"maxDepth":2}""");
        (accepted.StatusCode, accepted.Remaining()).ShouldBe((HttpStatusCode.Accepted, 9));
        JsonNode job = new JsonObject();
        await Patience.UntilAsync(
            async () => (job = await ReadAsync(client, accepted.Headers.Location!.ToString()))["finishedAt"] is not null, "the crawl");
        job["status"]!.GetValue<string>().ShouldBe("succeeded", job.ToJsonString());

        var documents = (await ReadAsync(client, "/api/v1/knowledge/documents?limit=100"))["documents"]!.AsArray()
            .Select(document => document!["url"]!.GetValue<string>()).ToList();
        documents.ShouldContain($"{_site.Address}help/care.md");
        documents.ShouldContain($"{_site.Address}press.html");
        documents.ShouldNotContain($"{_site.Address}internal/stock.html");
    }

    private async Task FindAsync(HttpClient client)
    {
        JsonNode found = new JsonObject();
        // Another instance, or this one a moment ago, may know the documents as they were.
        await Patience.UntilAsync(
            async () => (found = await ReadAsync(client, "/api/v1/knowledge/search?q=refunds"))["results"]!.AsArray().Count > 0, "something found");
        var first = found["results"]![0]!;
        first["url"]!.GetValue<string>().ShouldBe($"{_site!.Address}refunds.html");
        first["highlights"]!.AsArray().ShouldNotBeEmpty();
    }

    private async Task AskAsync(HttpClient client)
    {
        var (answer, _) = await SendAsync(client, "/api/v1/knowledge/synthesize", $$"""{"question":"{{Question}}"}""", HttpStatusCode.OK);
        (answer["kind"]!.GetValue<string>(), answer["answer"]!.GetValue<string>()).ShouldBe(("generated", "A refund takes five working days [1]."));
        answer["sources"]!.AsArray().ShouldHaveSingleItem()!["url"]!.GetValue<string>().ShouldBe($"{_site!.Address}refunds.html");
        answer["tokens"]!.ToJsonString().ShouldBe("""{"input":120,"output":30}""");

        // Each instance writes its counts every 2 s.
        await Patience.UntilAsync(
            async () =>
            {
                var totals = (await ReadAsync(client, "/api/v1/usage"))["totals"]!.AsArray();
                return CountOf(totals, "crawl", "admitted") == 1 && CountOf(totals, "synthesize", "admitted") == 2 && CountOf(totals, "synthesize", "credits") >= 2;
            },
            "what was used to be counted");
    }

    private static int CountOf(JsonArray totals, string endpoint, string count) =>
        totals.SingleOrDefault(total => total!["endpoint"]!.GetValue<string>() == endpoint)?[count]?.GetValue<int>() ?? 0;

    private static async Task<JsonNode> ReadAsync(HttpClient client, string path) => JsonNode.Parse(await client.GetStringAsync(path, Cancel))!;

    private static async Task<(JsonNode Body, int Remaining)> SendAsync(HttpClient client, string path, string body, HttpStatusCode status)
    {
        using var answer = await client.PostJsonAsync(path, body);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        answer.StatusCode.ShouldBe(status, text);
        return (JsonNode.Parse(text)!, answer.Remaining());
    }
}

using System.Text.Json.Nodes;
using FunctionsApi.EndToEnd.Tests.Hosting.Double;
using FunctionsApi.Storage.Azure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FunctionsApi.EndToEnd.Tests.Hosting;

/// <summary>Crawl jobs by the host's queue trigger, on a real queue.</summary>
public sealed class HostedCrawlTests : IAsyncDisposable
{
    private readonly Installation _installation = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task A_crawl_is_run_when_its_message_triggers_the_function()
    {
        await using var azurite = await Azurite.StartAsync();
        await using var site = await SiteAsync();
        var server = await ServeAsync(azurite);
        using var client = server.Client(new("demo", await KeyAsync(server)));

        using var accepted = await client.PostJsonAsync("/api/v1/ingestion/crawl", $$"""{"url":"{{site.Urls.Single()}}","maxPages":2,"depth":1}""");

        accepted.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var job = await FinishedAsync(client, accepted.Headers.Location!);
        (job["status"]!.GetValue<string>(), job["documents"]!.GetValue<int>(), job["attempts"]!.GetValue<int>()).ShouldBe(("completed", 2, 1));
    }

    [Fact]
    public async Task A_message_that_fails_time_and_again_ends_in_the_poison_queue()
    {
        await using var azurite = await Azurite.StartAsync();
        await ServeAsync(azurite);
        using var queues = new AzureQueueStore(StorageAccount.Parse(StorageService.Queues, azurite.ConnectionString));

        // No table holds a tenant of such a name.
        await queues.SendAsync("crawl-jobs", $$"""{"tenant":"{{new string('a', 600)}}","id":"1"}""", Cancel);

        await Patience.UntilAsync(async () => await queues.CountAsync("crawl-jobs-poison", Cancel) == 1, "the poison queue");
        await Patience.UntilAsync(async () => await queues.CountAsync("crawl-jobs", Cancel) == 0, "the queue to be empty");
    }

    [Fact]
    public async Task A_crawl_that_outlasts_the_hosts_time_goes_on_in_the_next_handler()
    {
        await using var azurite = await Azurite.StartAsync();
        var reads = 0;
        await using var site = await SiteAsync(http =>
            Interlocked.Increment(ref reads) == 1 ? new TaskCompletionSource().Task.WaitAsync(http.RequestAborted) : Task.CompletedTask);
        var root = HostedServer.LayOut(_installation.PathOf("app"), HostMode.Proxying);
        HostedServer.SetFunctionTimeout(root, "00:00:03");
        var server = await RunningServer.WatchAsync(_installation.StartHostIn(root, Settings(azurite)));
        var first = server.HandlerId();
        using var client = server.Client(new("demo", await KeyAsync(server)));

        using var accepted = await client.PostJsonAsync("/api/v1/ingestion/crawl", $$"""{"url":"{{site.Urls.Single()}}"}""");

        await server.Process.LineAsync($"Handler {first} has ended with 137");
        var job = await FinishedAsync(client, accepted.Headers.Location!);
        (job["status"]!.GetValue<string>(), job["documents"]!.GetValue<int>(), job["attempts"]!.GetValue<int>()).ShouldBe(("completed", 1, 2));
    }

    private Task<RunningServer> ServeAsync(Azurite azurite) => _installation.ServeBehindHostAsync(settings: Settings(azurite));

    private static (string Name, string Value)[] Settings(Azurite azurite) =>
        [.. HostedServer.Sample(azurite), ("Crawl__AllowPrivateAddresses", "true")];

    private static async Task<string> KeyAsync(RunningServer server) =>
        (await server.Process.LineAsync("handler:   fa_")).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];

    private static async Task<JsonNode> FinishedAsync(HttpClient client, Uri location)
    {
        JsonNode? job = null;
        await Patience.UntilAsync(
            async () =>
            {
                job = JsonNode.Parse(await client.GetStringAsync(location, Cancel));
                return job!["finishedAt"] is not null;
            },
            "the crawl");
        return job!;
    }

    private static async Task<WebApplication> SiteAsync(Func<HttpContext, Task>? before = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").PreferHostingUrls(true);
        var site = builder.Build();
        site.Run(async http =>
        {
            if (before is not null)
                await before(http);
            http.Response.ContentType = "text/html";
            await http.Response.WriteAsync($"<p>This is {http.Request.Path}.</p><a href='/other'>other</a>");
        });
        await site.StartAsync(Cancel);
        return site;
    }
}

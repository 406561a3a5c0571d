using System.Text.Json.Nodes;
using Azure.Storage.Queues;
using FunctionsApi.TestKit.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FunctionsApi.EndToEnd.Tests.Hosting;

/// <summary>What the README says of <c>func start</c>: keys that work, and what the host's queue and timer trigger.</summary>
public sealed class HostedCrawlTests : IAsyncLifetime
{
    private readonly Installation _installation = new();
    private Azurite _azurite = null!;
    private FunctionsHost _host = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _azurite = await Azurite.StartAsync();
        _host = await _installation.ServeBehindHostAsync([.. HostedWorker.Sample(_azurite), ("Crawl__AllowPrivateAddresses", "true")]);
    }

    public async ValueTask DisposeAsync()
    {
        await (_host?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _installation.DisposeAsync();
        await (_azurite?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [Fact]
    public async Task With_the_sample_settings_there_are_keys_that_work_at_the_address_that_is_printed()
    {
        (await _host.Worker.Output.FindAsync("Listening on ", Cancel)).ShouldContain(_host.Address.ToString().TrimEnd('/'));
        using var client = _host.Client(await KeyAsync());

        using var answer = await client.InferAsync();

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Remaining().ShouldBe(119);
    }

    [Fact]
    public async Task A_crawl_is_run_when_its_message_triggers_the_function()
    {
        await using var site = await SiteAsync();
        using var client = _host.Client(await KeyAsync());

        using var accepted = await client.PostJsonAsync("/api/v1/ingestion/crawl", $$"""{"url":"{{site.Urls.Single()}}","maxPages":2,"maxDepth":1}""");

        accepted.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var job = await FinishedAsync(client, accepted.Headers.Location!);
        (job["status"]!.GetValue<string>(), job["pages"]!["fetched"]!.GetValue<int>(), job["attempts"]!.GetValue<int>()).ShouldBe(("succeeded", 2, 1));
    }

    [Fact]
    public async Task A_message_that_says_no_job_ends_in_the_poison_queue()
    {
        var queue = new QueueClient(_azurite.ConnectionString, "crawl-jobs", new() { MessageEncoding = QueueMessageEncoding.Base64 });
        await queue.CreateIfNotExistsAsync(cancellationToken: Cancel);
        await queue.SendMessageAsync("hello", Cancel);

        var poison = new QueueClient(_azurite.ConnectionString, "crawl-jobs-poison");
        await Patience.UntilAsync(
            async () => await poison.ExistsAsync(Cancel) && (await poison.GetPropertiesAsync(Cancel)).Value.ApproximateMessagesCount == 1, "the poison queue");
    }

    [Fact]
    public async Task The_timer_sweeps() => (await _host.FireTimerAsync("sweep", cancellationToken: Cancel)).Succeeded.ShouldBeTrue();

    private async Task<ApiKey> KeyAsync()
    {
        var line = await _host.Worker.Output.FindAsync("  fa_", Cancel);
        return new("demo", line.Split(' ', StringSplitOptions.RemoveEmptyEntries).First(word => word.StartsWith("fa_", StringComparison.Ordinal)));
    }

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

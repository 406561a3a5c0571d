using System.Net;
using System.Text;
using System.Text.Json;
using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Storage;
using FunctionsApi.Sweeps;
using FunctionsApi.Tests.Agents;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Hosting;

/// <summary>The functions that the host's queue and timer trigger.</summary>
public sealed class CrawlFunctionTests
{
    private static readonly Dictionary<string, string?> Hosted = new()
    {
        ["FUNCTIONS_CUSTOMHANDLER_PORT"] = "7072",
        ["Crawl:AllowPrivateAddresses"] = "true",
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_runs_its_job()
    {
        await using var site = await TestSite.WithPageAsync("<p>Here.</p>");
        await using var host = await TestHost.StartAsync(Hosted);
        var job = await AddAsync(host, site.Address.OriginalString);

        (await CallAsync(host, "crawl", AsSent(Message(job), "m1", 1))).ShouldBe(HttpStatusCode.OK);

        (await FindAsync(host, job)).Status.ShouldBe(CrawlStatus.Completed);
    }

    [Fact]
    public async Task A_message_that_fails_is_no_success_and_its_job_fails_with_the_fifth()
    {
        await using var host = await TestHost.StartAsync(Hosted, new MortalStore(new InMemoryTableStore()) { Broken = "CrawlPages" });
        var job = await AddAsync(host, "http://127.0.0.1:1/");

        (await CallAsync(host, "crawl", AsSent(Message(job), "m1", 4))).ShouldNotBe(HttpStatusCode.OK);
        (await FindAsync(host, job)).Status.ShouldBe(CrawlStatus.Running);
        (await CallAsync(host, "crawl", AsSent(Message(job), "m1", 5))).ShouldNotBe(HttpStatusCode.OK);

        (await FindAsync(host, job)).Error.ShouldBe("It was tried 5 times and could not be finished.");
    }

    [Fact]
    public async Task A_message_that_says_no_job_is_given_up()
    {
        await using var host = await TestHost.StartAsync(Hosted);

        (await CallAsync(host, "crawl", AsSent("hello", "m1", 1))).ShouldBe(HttpStatusCode.OK);

        (await host.Services.GetRequiredService<IQueueStore>().CountAsync(CrawlQueue.PoisonQueueName, Cancel)).ShouldBe(1);
    }

    [Theory]
    [InlineData("""{"Data":{},"Metadata":{}}""")]
    [InlineData("""{"Data":{"other":"x"}}""")]
    public async Task What_holds_no_message_is_a_400(string body)
    {
        await using var host = await TestHost.StartAsync(Hosted);
        (await CallAsync(host, "crawl", body)).ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task The_timer_finds_a_job_that_was_forgotten()
    {
        await using var site = await TestSite.WithPageAsync("<p>Here.</p>");
        var store = new Usage.FailingTableStore(new InMemoryTableStore());
        await using var host = await TestHost.StartAsync(Hosted, store);
        var job = await AddAsync(host, site.Address.OriginalString);
        host.Time.Advance(CrawlRecovery.After);

        (await CallAsync(host, "sweep", """{"Data":{"timer":{"IsPastDue":false}},"Metadata":{}}""")).ShouldBe(HttpStatusCode.OK);

        // Without Azure Queue Storage the host cannot see the queue, and the program works on it itself.
        while ((await FindAsync(host, job)).FinishedAt is null)
            await store.NextWriteAsync(Cancel);
    }

    [Theory]
    [InlineData(true, true, false, false)]
    [InlineData(true, false, true, false)]
    [InlineData(false, true, true, true)]
    [InlineData(false, false, true, true)]
    public async Task The_program_does_itself_what_the_host_does_not(bool hosted, bool azure, bool works, bool sweeps)
    {
        var account = azure ? "AccountName=a;AccountKey=c2VjcmV0;TableEndpoint=http://127.0.0.1:1;QueueEndpoint=http://127.0.0.1:1" : null;
        var settings = new Dictionary<string, string?>
        {
            ["FUNCTIONS_CUSTOMHANDLER_PORT"] = hosted ? "7072" : null,
            ["AzureWebJobsStorage"] = account,
            ["Storage:Provider"] = azure ? "tables" : null,
            ["Storage:ConnectionString"] = account,
        };
        await using var host = await TestHost.StartAsync(settings);

        var services = host.Services.GetServices<IHostedService>().ToList();

        services.OfType<CrawlWorker>().Any().ShouldBe(works);
        services.OfType<SweepTimer>().Any().ShouldBe(sweeps);
    }

    private static Task<CrawlJob> AddAsync(TestHost host, string url) =>
        host.Services.GetRequiredService<CrawlJobs>().AddAsync("acme", url, 1, 0, Cancel);

    private static async Task<CrawlJob> FindAsync(TestHost host, CrawlJob job) =>
        (await host.Services.GetRequiredService<CrawlJobs>().FindAsync("acme", job.Id, Cancel)).ShouldNotBeNull();

    private static string Message(CrawlJob job) => $"{new CrawlMessage("acme", job.Id)}";

    // The host serializes each text and number, and puts what comes out into its JSON as a text.
    private static string AsSent(string message, string id, int count) => JsonSerializer.Serialize(new
    {
        Data = new { message = JsonSerializer.Serialize(message) },
        Metadata = new { Id = JsonSerializer.Serialize(id), DequeueCount = JsonSerializer.Serialize(count) },
    });

    private static async Task<HttpStatusCode> CallAsync(TestHost host, string function, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await host.Client.PostAsync($"/{function}", content, Cancel);
        return answer.StatusCode;
    }
}

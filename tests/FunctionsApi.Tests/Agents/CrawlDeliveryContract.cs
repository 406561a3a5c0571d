using System.Collections.Concurrent;
using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Storage;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents;

/// <summary>
/// What crawl jobs may rely on, whichever queue they wait in: a message comes at least once, no page is done twice, and what
/// cannot be done ends in the poison queue.
/// </summary>
public abstract class CrawlDeliveryContract
{
    private const int Pages = 3;

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_crawl_that_is_killed_at_any_step_does_every_page_once(bool isDone)
    {
        var steps = 0;
        while (await IsKilledAsync(++steps, isDone))
        {
        }

        // The message is received and deleted, the job claimed and finished, each page stored and noted twice.
        steps.ShouldBeGreaterThan(4 + (3 * Pages));
    }

    [Fact]
    public async Task A_job_that_fails_five_times_is_given_up_and_its_tenant_told()
    {
        await using var world = await StartAsync();
        var job = await world.AddAsync();

        for (var failed = 1; failed <= 5; failed++)
        {
            await using (await world.WorkAsync(new MortalStore(world.Rows) { Broken = "CrawlPages" }))
                await world.UntilAsync(async () => failed < 5 ? world.Watched!.Returned == failed : await world.CountAsync() == 0);
            await world.Watched!.ShowAsync(Cancel);
        }

        var end = await world.FindAsync(job.Id);
        (end.Status, end.Attempts, end.Error).ShouldBe((CrawlStatus.Failed, 5, "It was tried 5 times and could not be finished."));
        (await world.CountAsync(CrawlQueue.PoisonQueueName)).ShouldBe(1);
        CrawlMessage.Parse(await PoisonAsync(world)).ShouldBe(new(CrawlWorld.Tenant, job.Id));
    }

    [Fact]
    public async Task A_message_that_says_no_job_is_given_up_at_once_and_holds_nobody_up()
    {
        await using var world = await StartAsync();
        await world.Queues.SendAsync(CrawlQueue.QueueName, "hello", Cancel);
        var job = await world.AddAsync();

        await using (await world.WorkAsync())
            await world.UntilDoneAsync();

        (await world.FindAsync(job.Id)).Status.ShouldBe(CrawlStatus.Succeeded);
        (await PoisonAsync(world)).ShouldBe("hello");
    }

    [Fact]
    public async Task Two_workers_on_one_queue_do_every_job_once()
    {
        await using var world = await StartAsync();
        var jobs = new List<CrawlJob>();
        for (var n = 0; n < 8; n++)
            jobs.Add(await world.AddAsync(maxPages: 2));

        await using (await world.WorkAsync())
        await using (await world.WorkAsync())
            await world.UntilDoneAsync();

        foreach (var job in jobs)
            (await world.FindAsync(job.Id)).Attempts.ShouldBe(1);
        world.Read.Count.ShouldBe(16);
    }

    /// <summary>Empty, and nobody else's.</summary>
    private protected abstract Task<(ITableStore Rows, WatchedQueue Queues)> OpenAsync();

    private async Task<bool> IsKilledAsync(int step, bool isDone)
    {
        await using var world = await StartAsync();
        var job = await world.AddAsync(maxPages: 10);
        var written = new ConcurrentQueue<string>();
        var mortal = new MortalStore(world.Rows, step, isDone) { Written = written };
        await using (await world.WorkAsync(mortal))
            await Task.WhenAny(mortal.Died, world.UntilDoneAsync());

        if (mortal.Died.IsCompleted)
        {
            await world.Watched!.ShowAsync(Cancel);
            await using (await world.WorkAsync(new MortalStore(world.Rows) { Written = written }))
                await world.UntilDoneAsync();
        }

        var end = await world.FindAsync(job.Id);
        (end.Status, end.Pages, end.Error).ShouldBe((CrawlStatus.Succeeded, new(Pages, Pages, 0, 0, 0), null), $"killed at {step}");
        written.Count(row => row.StartsWith("Documents/", StringComparison.Ordinal)).ShouldBe(Pages, $"killed at {step}");
        world.Read.Count.ShouldBeLessThanOrEqualTo(Pages + 1, $"killed at {step}");
        (await world.Pages.ReadAsync(job.Id, Cancel)).ShouldBeEmpty();
        (await world.CountAsync(CrawlQueue.PoisonQueueName)).ShouldBe(0);
        return mortal.Died.IsCompleted;
    }

    private async Task<CrawlWorld> StartAsync()
    {
        var (rows, queues) = await OpenAsync();
        return await CrawlWorld.StartAsync(Pages, rows, queues);
    }

    private static async Task<string> PoisonAsync(CrawlWorld world) =>
        (await world.Queues.ReceiveAsync(CrawlQueue.PoisonQueueName, TimeSpan.FromMinutes(1), Cancel)).ShouldNotBeNull().Text;
}

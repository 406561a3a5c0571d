using System.Collections.Concurrent;
using FunctionsApi.Agents.Ingestion;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents;

/// <summary>Whatever write a process is killed before or after, the next one brings the job to the same end.</summary>
public sealed class CrawlInterruptionTests
{
    private const int Pages = 3;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_crawl_that_is_killed_at_any_step_does_every_page_once(bool isDone)
    {
        var steps = 0;
        while (await IsKilledAsync(++steps, isDone))
        {
        }

        // The job is received, claimed and finished, each page stored and noted twice, and the rest cleared away.
        steps.ShouldBeGreaterThan(5 + (3 * Pages));
    }

    private static async Task<bool> IsKilledAsync(int step, bool isDone)
    {
        await using var world = await CrawlWorld.StartAsync(Pages);
        var job = await world.AddAsync(maxPages: 10);
        var written = new ConcurrentQueue<string>();
        var mortal = new MortalStore(world.Rows, step, isDone) { Written = written };
        await using (await world.WorkAsync(mortal))
            await Task.WhenAny(mortal.Died, world.UntilDoneAsync());

        if (mortal.Died.IsCompleted)
        {
            world.Time.Advance(CrawlWorker.HideFor);
            await using (await world.WorkAsync(new MortalStore(world.Rows) { Written = written }))
                await world.UntilDoneAsync();
        }

        var end = await world.FindAsync(job.Id);
        (end.Status, end.Pages, end.Documents, end.Error).ShouldBe((CrawlStatus.Completed, Pages, Pages, null), $"killed at {step}");
        written.Count(row => row.StartsWith("Documents/", StringComparison.Ordinal)).ShouldBe(Pages, $"killed at {step}");
        world.Read.Count.ShouldBeLessThanOrEqualTo(Pages + 1, $"killed at {step}");
        (await world.Pages.ReadAsync(job.Id, Cancel)).ShouldBeEmpty();
        (await world.CountAsync(CrawlQueue.PoisonQueueName)).ShouldBe(0);
        return mortal.Died.IsCompleted;
    }
}

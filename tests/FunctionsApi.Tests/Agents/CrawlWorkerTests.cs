using FunctionsApi.Agents.Ingestion;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents;

public sealed class CrawlWorkerTests : IAsyncLifetime
{
    private CrawlWorld _world = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _world = await CrawlWorld.StartAsync(pages: 31);

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_crawl_goes_as_far_as_it_may()
    {
        var one = await _world.AddAsync(maxPages: 1);
        var five = await _world.AddAsync(maxPages: 5);
        var all = await _world.AddAsync(maxPages: 1000);

        await using var worker = await _world.WorkAsync();
        await _world.UntilDoneAsync();

        (await TakenInAsync(one)).ShouldBe(1);
        (await TakenInAsync(five)).ShouldBe(5);
        (await TakenInAsync(all)).ShouldBe(31);

        // Whichever job is there first fetches a page; the others find it unchanged.
        async Task<int> TakenInAsync(CrawlJob job) => (await _world.FindAsync(job.Id)).Pages is var pages ? pages.Fetched + pages.Unchanged : 0;
    }

    [Fact]
    public async Task A_job_that_takes_longer_than_its_message_is_hidden_is_nobody_elses()
    {
        _world.Before = _ => Pass(TimeSpan.FromSeconds(12));
        var job = await _world.AddAsync(maxPages: 20);

        await using var one = await _world.WorkAsync();
        await using var other = await _world.WorkAsync();
        await _world.UntilDoneAsync();

        var end = await _world.FindAsync(job.Id);
        (end.Status, end.Attempts, end.Pages.Fetched).ShouldBe((CrawlStatus.Succeeded, 1, 20));
        (end.FinishedAt - end.CreatedAt).ShouldBe(TimeSpan.FromMinutes(4));
        _world.Read.Count.ShouldBe(20);
    }

    [Fact]
    public async Task A_job_that_takes_longer_than_its_turn_waits_for_the_next_and_goes_on_where_it_was()
    {
        _world.Before = _ => Pass(TimeSpan.FromSeconds(12));
        var job = await _world.AddAsync(maxPages: 31);

        await using var worker = await _world.WorkAsync();
        await _world.UntilDoneAsync();

        var end = await _world.FindAsync(job.Id);
        (end.Status, end.Attempts, end.Pages.Fetched).ShouldBe((CrawlStatus.Succeeded, 2, 31));
        _world.Read.Count.ShouldBe(31);
    }

    [Fact]
    public async Task A_second_message_for_a_job_does_nothing()
    {
        var job = await _world.AddAsync(maxPages: 5);
        await _world.Queue.SendAsync(CrawlWorld.Tenant, job.Id, Cancel);

        await using var one = await _world.WorkAsync();
        await using var other = await _world.WorkAsync();
        await _world.UntilDoneAsync();

        (await _world.FindAsync(job.Id)).Attempts.ShouldBe(1);
        _world.Read.Count.ShouldBe(5);
    }

    [Fact]
    public async Task A_job_that_fails_five_times_is_given_up_and_its_tenant_told()
    {
        var job = await _world.AddAsync();

        await using var worker = await _world.WorkAsync(new MortalStore(_world.Rows) { Broken = "CrawlPages" });
        await _world.PassUntilAsync(async () => await _world.CountAsync(CrawlQueue.PoisonQueueName) == 1 && await _world.CountAsync() == 0);

        var end = await _world.FindAsync(job.Id);
        (end.Status, end.Attempts).ShouldBe((CrawlStatus.Failed, 5));
        end.Error.ShouldBe("It was tried 5 times and could not be finished.");
        end.FinishedAt!.Value.ShouldBeGreaterThanOrEqualTo(job.CreatedAt + (4 * CrawlWorker.RetryAfter));
        var given = await _world.Queues.ReceiveAsync(CrawlQueue.PoisonQueueName, TimeSpan.FromMinutes(1), Cancel);
        CrawlMessage.Parse(given.ShouldNotBeNull().Text).ShouldBe(new(CrawlWorld.Tenant, job.Id));
    }

    [Fact]
    public async Task A_message_whose_fifth_receiver_was_killed_is_given_up_without_another_try()
    {
        var job = await _world.AddAsync();
        for (var n = 0; n < 5; n++)
            await _world.Queues.HideAsync(
                CrawlQueue.QueueName, (await _world.Queue.ReceiveAsync(CrawlWorker.HideFor, Cancel)).ShouldNotBeNull(), TimeSpan.Zero, Cancel);

        await using var worker = await _world.WorkAsync();
        await _world.UntilDoneAsync();

        (await _world.FindAsync(job.Id)).Status.ShouldBe(CrawlStatus.Failed);
        (await _world.CountAsync(CrawlQueue.PoisonQueueName)).ShouldBe(1);
        _world.Read.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"tenant":"acme"}""")]
    [InlineData("""{"tenant":1,"id":"x"}""")]
    public async Task A_message_that_says_no_job_is_given_up_at_once_and_holds_nobody_up(string text)
    {
        await _world.Queues.SendAsync(CrawlQueue.QueueName, text, Cancel);
        var job = await _world.AddAsync();

        await using var worker = await _world.WorkAsync();
        await _world.UntilDoneAsync();

        (await _world.FindAsync(job.Id)).Status.ShouldBe(CrawlStatus.Succeeded);
        var given = await _world.Queues.ReceiveAsync(CrawlQueue.PoisonQueueName, TimeSpan.FromMinutes(1), Cancel);
        given.ShouldNotBeNull().Text.ShouldBe(text);
    }

    [Fact]
    public async Task A_worker_that_stops_gives_its_job_back_at_once()
    {
        var reading = new TaskCompletionSource();
        _world.Before = http =>
        {
            reading.TrySetResult();
            return new TaskCompletionSource().Task.WaitAsync(http.RequestAborted);
        };
        var job = await _world.AddAsync();
        await using (await _world.WorkAsync())
            await reading.Task.WaitAsync(Cancel);

        _world.Before = _ => Task.CompletedTask;
        await using var next = await _world.WorkAsync();
        await _world.UntilDoneAsync();

        var end = await _world.FindAsync(job.Id);
        (end.Status, end.FinishedAt).ShouldBe((CrawlStatus.Succeeded, job.CreatedAt));
    }

    [Fact]
    public async Task An_idle_worker_asks_seldom_and_yet_at_once_for_what_its_own_process_sends()
    {
        var rows = new MortalStore(_world.Rows);
        await using var worker = await _world.WorkAsync(rows);
        var end = _world.Time.GetUtcNow().AddMinutes(10);
        await _world.PassUntilAsync(() => Task.FromResult(_world.Time.GetUtcNow() >= end));
        rows.Queries.Count(table => table == "QueueMessages").ShouldBeInRange(1, 32);

        var job = await _world.AddAsync(send: false);
        await worker.Queue.SendAsync(CrawlWorld.Tenant, job.Id, Cancel);
        await _world.UntilDoneAsync();

        (await _world.FindAsync(job.Id)).FinishedAt.ShouldBe(job.CreatedAt);
    }

    [Fact]
    public async Task A_job_whose_message_was_never_sent_is_found_again()
    {
        var recovery = new CrawlRecovery(_world.Jobs, _world.Queue);
        var job = await _world.AddAsync(send: false);
        (await recovery.RunOnceAsync(Cancel)).ShouldBe(0);
        _world.Time.Advance(CrawlRecovery.After);

        (await recovery.RunOnceAsync(Cancel)).ShouldBe(1);

        await using var worker = await _world.WorkAsync();
        await _world.UntilDoneAsync();
        (await _world.FindAsync(job.Id)).Status.ShouldBe(CrawlStatus.Succeeded);
        (await recovery.RunOnceAsync(Cancel)).ShouldBe(0);
    }

    private Task Pass(TimeSpan time)
    {
        _world.Time.Advance(time);
        return Task.CompletedTask;
    }
}

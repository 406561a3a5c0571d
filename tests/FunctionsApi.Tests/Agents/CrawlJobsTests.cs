using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Storage;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents;

public sealed class CrawlJobsTests
{
    private readonly ManualTime _time = new();
    private readonly CrawlJobs _jobs;

    public CrawlJobsTests()
    {
        var store = new InMemoryTableStore();
        _jobs = new(store, new(store), _time);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_is_claimed_for_one_message_only()
    {
        var job = await AddAsync();

        (await ClaimAsync(job, "a")).ShouldNotBeNull().Job.Status.ShouldBe(CrawlStatus.Running);

        (await ClaimAsync(job, "b")).ShouldBeNull();
    }

    [Fact]
    public async Task A_message_that_comes_again_takes_its_job_over()
    {
        var job = await AddAsync();
        var first = await ClaimAsync(job, "a");

        (await ClaimAsync(job, "a")).ShouldNotBeNull().Job.Attempts.ShouldBe(2);

        await Should.ThrowAsync<CrawlTakenOverException>(() => _jobs.NoteAsync(first!, Cancel));
        await _jobs.FinishAsync(first!, "Too late.", Cancel);
        (await FindAsync(job)).Status.ShouldBe(CrawlStatus.Running);
    }

    [Fact]
    public async Task A_claim_that_is_not_renewed_runs_out()
    {
        var job = await AddAsync();
        var claimed = await ClaimAsync(job, "a");
        _time.Advance(CrawlJobs.ClaimLength / 2);
        await _jobs.NoteAsync(claimed!, Cancel);
        _time.Advance(CrawlJobs.ClaimLength / 2);
        (await ClaimAsync(job, "b")).ShouldBeNull();
        _time.Advance(CrawlJobs.ClaimLength / 2);

        (await ClaimAsync(job, "b")).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_finished_job_keeps_its_result_and_is_not_taken_up_again()
    {
        var job = await AddAsync();
        var claimed = await ClaimAsync(job, "a");
        _time.Advance(TimeSpan.FromSeconds(3));

        await _jobs.FinishAsync(claimed! with { Job = claimed!.Job with { Pages = new(2, 1, 0, 0, 1), Reasons = [new("failed", "No.", 1, "http://a.example/")] } }, null, Cancel);

        var found = await FindAsync(job);
        found.Reasons.ShouldBe([new("failed", "No.", 1, "http://a.example/")]);
        (found with { Reasons = job.Reasons }).ShouldBe(job with
        {
            Status = CrawlStatus.Succeeded,
            StartedAt = job.CreatedAt,
            FinishedAt = job.CreatedAt.AddSeconds(3),
            Attempts = 1,
            Pages = new(2, 1, 0, 0, 1),
        });
        (await ClaimAsync(job, "a")).ShouldBeNull();
    }

    [Fact]
    public async Task A_job_that_is_interrupted_time_and_again_fails_in_the_end_whatever_message_it_is_for()
    {
        var job = await AddAsync();
        for (var attempt = 0; attempt < CrawlJobs.MaxIdleAttempts; attempt++)
        {
            (await ClaimAsync(job, $"{attempt}")).ShouldNotBeNull();
            _time.Advance(CrawlJobs.ClaimLength);
        }

        (await ClaimAsync(job, "last")).ShouldBeNull();

        (await FindAsync(job)).Error.ShouldBe("It was interrupted 5 times.");
    }

    [Fact]
    public async Task A_job_that_gets_on_may_be_interrupted_as_often_as_it_likes()
    {
        var job = await AddAsync();
        for (var attempt = 0; attempt < 2 * CrawlJobs.MaxIdleAttempts; attempt++)
            await _jobs.NoteAsync((await ClaimAsync(job, "a")).ShouldNotBeNull(), Cancel);
    }

    [Fact]
    public async Task A_message_that_is_given_up_fails_no_job_that_another_works_on()
    {
        var job = await AddAsync();
        (await ClaimAsync(job, "b")).ShouldNotBeNull();

        await _jobs.FailAsync("acme", job.Id, "a", "No.", Cancel);
        (await FindAsync(job)).Status.ShouldBe(CrawlStatus.Running);

        await _jobs.FailAsync("acme", job.Id, "b", "No.", Cancel);
        (await FindAsync(job)).Error.ShouldBe("No.");
    }

    [Fact]
    public async Task A_job_is_forgotten_when_nobody_has_touched_it_for_a_while()
    {
        var wait = TimeSpan.FromMinutes(15);
        var (waiting, running, released, done) = (await AddAsync(), await AddAsync(), await AddAsync(), await AddAsync());
        _time.Advance(wait);
        (await ClaimAsync(running, "a")).ShouldNotBeNull();
        await _jobs.ReleaseAsync((await ClaimAsync(released, "b"))!, Cancel);
        await _jobs.FinishAsync((await ClaimAsync(done, "c"))!, null, Cancel);

        (await ForgottenAsync(wait)).ShouldBe([waiting.Id, released.Id], ignoreOrder: true);

        _time.Advance(wait + CrawlJobs.ClaimLength);
        (await ForgottenAsync(wait)).ShouldBe([waiting.Id, running.Id, released.Id], ignoreOrder: true);
    }

    private Task<CrawlJob> AddAsync() => _jobs.AddAsync("acme", "https://example.com", 5, 2, Cancel);

    private Task<ClaimedJob?> ClaimAsync(CrawlJob job, string message) => _jobs.TryClaimAsync("acme", job.Id, message, Cancel);

    private async Task<CrawlJob> FindAsync(CrawlJob job) => (await _jobs.FindAsync("acme", job.Id, Cancel)).ShouldNotBeNull();

    private ValueTask<List<string>> ForgottenAsync(TimeSpan after) =>
        _jobs.ForgottenAsync(after, Cancel).Select(job => job.Id).ToListAsync(Cancel);
}

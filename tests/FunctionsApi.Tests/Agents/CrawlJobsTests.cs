using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Storage;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents;

public sealed class CrawlJobsTests
{
    private readonly ManualTime _time = new();
    private readonly CrawlJobs _jobs;

    public CrawlJobsTests() => _jobs = new(new InMemoryTableStore(), _time);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_is_claimed_by_one_only()
    {
        var job = await AddAsync();

        var claimed = await _jobs.TryClaimAsync("acme", job.Id, Cancel);

        claimed!.Job.Status.ShouldBe(CrawlStatus.Running);
        (await _jobs.TryClaimAsync("acme", job.Id, Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task A_finished_job_keeps_its_result_and_leaves_the_queue()
    {
        var job = await AddAsync();
        var claimed = await _jobs.TryClaimAsync("acme", job.Id, Cancel);
        _time.Advance(TimeSpan.FromSeconds(3));

        await _jobs.FinishAsync(claimed!, claimed!.Job with { Pages = 1, Documents = 1 }, Cancel);

        (await _jobs.FindAsync("acme", job.Id, Cancel)).ShouldBe(job with
        {
            Status = CrawlStatus.Completed,
            StartedAt = job.CreatedAt,
            FinishedAt = job.CreatedAt.AddSeconds(3),
            Attempts = 1,
            Pages = 1,
            Documents = 1,
        });
        (await UnfinishedAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Who_has_lost_the_claim_cannot_finish_the_job()
    {
        var job = await AddAsync();
        var slow = await _jobs.TryClaimAsync("acme", job.Id, Cancel);
        _time.Advance(CrawlJobs.Claim);
        var next = await _jobs.TryClaimAsync("acme", job.Id, Cancel);

        await _jobs.FinishAsync(slow!, slow!.Job with { Error = "Too late." }, Cancel);

        next.ShouldNotBeNull();
        (await _jobs.FindAsync("acme", job.Id, Cancel))!.Status.ShouldBe(CrawlStatus.Running);
        (await UnfinishedAsync()).ShouldBe([("acme", job.Id)]);
    }

    [Fact]
    public async Task A_job_that_is_given_back_is_as_it_was()
    {
        var job = await AddAsync();
        var claimed = await _jobs.TryClaimAsync("acme", job.Id, Cancel);

        await _jobs.ReturnAsync(claimed!, Cancel);

        (await _jobs.FindAsync("acme", job.Id, Cancel)).ShouldBe(job);
        (await _jobs.TryClaimAsync("acme", job.Id, Cancel)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_job_that_is_interrupted_time_and_again_fails_in_the_end()
    {
        var job = await AddAsync();
        for (var attempt = 0; attempt < CrawlJobs.MaxAttempts; attempt++)
        {
            (await _jobs.TryClaimAsync("acme", job.Id, Cancel)).ShouldNotBeNull();
            _time.Advance(CrawlJobs.Claim);
        }

        (await _jobs.TryClaimAsync("acme", job.Id, Cancel)).ShouldBeNull();

        (await _jobs.FindAsync("acme", job.Id, Cancel))!.Error.ShouldBe("It was interrupted 3 times.");
        (await UnfinishedAsync()).ShouldBeEmpty();
    }

    private Task<CrawlJob> AddAsync() => _jobs.AddAsync("acme", "https://example.com", 5, 2, Cancel);

    private ValueTask<List<(string, string)>> UnfinishedAsync() => _jobs.UnfinishedAsync(Cancel).ToListAsync(Cancel);
}

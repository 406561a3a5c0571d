// A job is a row in the table Jobs (partition = tenant, the newest first) and, until it is finished, one in OpenJobs, by which a job is found
// whose message got lost. OpenJobs is written first and removed last, so that no unfinished job is missing there.
//
// A message says which job to run, and comes at least once. The worker that receives it claims the job in the message's name. While
// the claim holds, another message for the same job has nothing to do. The same message, when it comes again, takes the job
// over at once: the worker that had it is gone, or may no longer delete the message. Every write about a job names the version it
// was read at, so a worker that has lost its claim finds out with its next write and can undo nothing.

using System.Runtime.CompilerServices;
using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>Keeps crawl jobs, and who works on them.</summary>
internal sealed class CrawlJobs(ITableStore store, CrawlPages pages, TimeProvider time)
{
    /// <summary>How long a claim holds unless it is renewed, as it is with each page and while one waits.</summary>
    public static readonly TimeSpan ClaimLength = TimeSpan.FromMinutes(1);

    /// <summary>How often a job is taken up without a page more being done.</summary>
    public const int MaxIdleAttempts = CrawlQueue.MaxDeliveries;

    private const string Jobs = "Jobs", OpenJobs = "OpenJobs", OpenPartition = "crawl";

    /// <summary>Stores a new job for good.</summary>
    public async Task<CrawlJob> AddAsync(string tenant, string url, int maxPages, int maxDepth, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var job = new CrawlJob(Guid.CreateVersion7(now).ToString("N"), CrawlStatus.Queued, url, maxPages, maxDepth, now);
        var open = new Dictionary<string, object> { ["tenant"] = tenant, ["createdAt"] = now };
        await store.PutAsync(OpenJobs, new(new(OpenPartition, job.Id), open, PutCondition.None), cancellationToken);
        await store.PutAsync(Jobs, new(KeyOf(tenant, job.Id), CrawlJobRow.Values(job), PutCondition.IfAbsent), cancellationToken);
        return job;
    }

    /// <returns>Null where the tenant has no such job.</returns>
    public async Task<CrawlJob?> FindAsync(string tenant, string id, CancellationToken cancellationToken) =>
        await store.GetAsync(Jobs, KeyOf(tenant, id), cancellationToken) is { } row ? CrawlJobRow.Job(row) : null;

    /// <summary>A tenant's jobs, the newest first.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="from">The id to begin with; null is the newest.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public IAsyncEnumerable<CrawlJob> ListAsync(string tenant, string? from, CancellationToken cancellationToken) =>
        store.QueryAsync(Jobs, new() { Partition = tenant, FromRow = from is null ? null : CrawlJobRow.Turn(from) }, cancellationToken)
            .Select(CrawlJobRow.Job);

    /// <summary>Ends a job that is not finished; a worker that runs it finds out before the next page.</summary>
    /// <returns>The job as it is now; null where the tenant has no such job.</returns>
    public async Task<CrawlJob?> CancelAsync(string tenant, string id, CancellationToken cancellationToken)
    {
        while (await FindOpenAsync(tenant, id, cancellationToken) is var (row, job, claim))
        {
            var cancelled = job with { Status = CrawlStatus.Cancelled, FinishedAt = time.GetUtcNow() };
            if (await PutAsync(new(tenant, cancelled, claim with { MessageId = null, Until = null }, row.ETag), cancellationToken) is null)
                continue;
            await CloseAsync(id, cancellationToken);
            return cancelled;
        }

        return await FindAsync(tenant, id, cancellationToken);
    }

    /// <summary>Removes what a worker may have noted about a job after it was finished or deleted.</summary>
    public async Task TidyAsync(string tenant, string id, CancellationToken cancellationToken)
    {
        if (await FindOpenAsync(tenant, id, cancellationToken) is null)
            await CloseAsync(id, cancellationToken);
    }

    /// <summary>The rows of all jobs' pages, and whether their jobs are over: a worker may have noted a page so late and died before it removed it.</summary>
    public async IAsyncEnumerable<(TableRow Row, bool IsLeft)> PagesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (id, isLeft) = ("", false);
        await foreach (var row in store.QueryAsync(CrawlPages.Table, new(), cancellationToken))
        {
            if (row.Key.Partition != id)
                (id, isLeft) = (row.Key.Partition, await store.GetAsync(OpenJobs, new(OpenPartition, row.Key.Partition), cancellationToken) is null);
            yield return (row, isLeft);
        }
    }

    /// <summary>Takes a job up for a message.</summary>
    /// <returns>Null where there is nothing to do: it is finished, another message's, or was taken up too often and now is failed.</returns>
    public async Task<ClaimedJob?> TryClaimAsync(string tenant, string id, string messageId, CancellationToken cancellationToken)
    {
        while (await FindOpenAsync(tenant, id, cancellationToken) is { } open)
        {
            var (row, job, claim) = open;
            var now = time.GetUtcNow();
            if (claim.MessageId != messageId && claim.Until > now)
                return null;
            if (claim.IdleAttempts >= MaxIdleAttempts)
            {
                await FinishAsync(new(tenant, job, claim, row.ETag), $"It was interrupted {MaxIdleAttempts} times.", cancellationToken);
                return null;
            }

            job = job with { Status = CrawlStatus.Running, StartedAt = now, Attempts = job.Attempts + 1 };
            claim = new(messageId, now + ClaimLength, claim.IdleAttempts + 1);
            if (await PutAsync(new(tenant, job, claim, row.ETag), cancellationToken) is { } claimed)
                return claimed;
        }

        return null;
    }

    /// <summary>Notes that a page more is done, and renews the claim.</summary>
    /// <exception cref="CrawlTakenOverException">Another worker has the job by now.</exception>
    public async Task<ClaimedJob> NoteAsync(ClaimedJob claimed, CancellationToken cancellationToken)
    {
        var claim = claimed.Claim with { Until = time.GetUtcNow() + ClaimLength, IdleAttempts = 0 };
        return await PutAsync(claimed with { Claim = claim }, cancellationToken) ?? throw new CrawlTakenOverException();
    }

    /// <summary>Renews the claim within a page.</summary>
    /// <exception cref="CrawlTakenOverException">Another worker has the job by now.</exception>
    public async Task<ClaimedJob> RenewAsync(ClaimedJob claimed, CancellationToken cancellationToken)
    {
        var claim = claimed.Claim with { Until = time.GetUtcNow() + ClaimLength };
        return await PutAsync(claimed with { Claim = claim }, cancellationToken) ?? throw new CrawlTakenOverException();
    }

    /// <summary>Gives the claim up, so that the next worker may take the job at once.</summary>
    public Task ReleaseAsync(ClaimedJob claimed, CancellationToken cancellationToken) =>
        PutAsync(claimed with { Claim = default }, cancellationToken);

    /// <summary>Ends a job, as failed where there is an error, unless another worker has it by now.</summary>
    public async Task FinishAsync(ClaimedJob claimed, string? error, CancellationToken cancellationToken)
    {
        var status = error is null ? CrawlStatus.Succeeded : CrawlStatus.Failed;
        var finished = claimed.Job with { Status = status, Error = error, FinishedAt = time.GetUtcNow() };
        if (await PutAsync(claimed with { Job = finished, Claim = default }, cancellationToken) is not null)
            await CloseAsync(finished.Id, cancellationToken);
    }

    /// <summary>Ends a job for a message that is given up, unless it is finished or another message's.</summary>
    public async Task FailAsync(string tenant, string id, string messageId, string error, CancellationToken cancellationToken)
    {
        if (await FindOpenAsync(tenant, id, cancellationToken) is var (row, job, claim)
            && (claim.MessageId == messageId || !(claim.Until > time.GetUtcNow())))
            await FinishAsync(new(tenant, job, claim, row.ETag), error, cancellationToken);
    }

    /// <summary>Jobs that are not finished and that nobody has touched for a while, oldest first.</summary>
    public async IAsyncEnumerable<(string Tenant, string Id)> ForgottenAsync(
        TimeSpan after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var place in store.QueryAsync(OpenJobs, new() { Partition = OpenPartition }, cancellationToken))
        {
            var (tenant, id) = ((string)place.Values["tenant"], place.Key.Row);
            if ((DateTimeOffset)place.Values["createdAt"] + after > time.GetUtcNow())
                continue;
            if (await FindOpenAsync(tenant, id, cancellationToken) is not var (_, _, claim))
                await CloseAsync(id, cancellationToken);
            else if (claim.Until is null || claim.Until + after <= time.GetUtcNow())
                yield return (tenant, id);
        }
    }

    /// <summary>The table in which a job is a row, in its tenant's partition.</summary>
    public const string Table = Jobs;

    /// <summary>Whether a row of <see cref="Table"/> is that of a job that was finished before a time.</summary>
    public static bool IsFinishedBefore(TableRow row, DateTimeOffset time) => CrawlJobRow.Job(row).FinishedAt < time;

    /// <summary>Deletes a tenant's jobs. Where it is interrupted, calling it again goes on; messages that lead to them are dropped when they come.</summary>
    /// <returns>How many there were.</returns>
    public async Task<int> DeleteAllAsync(string tenant, CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var row in store.QueryAsync(Jobs, new() { Partition = tenant }, cancellationToken))
        {
            await CloseAsync(CrawlJobRow.Job(row).Id, cancellationToken);
            await store.DeleteAsync(Jobs, row.Key, null, cancellationToken);
            count++;
        }

        return count;
    }

    private async Task<(TableRow Row, CrawlJob Job, CrawlClaim Claim)?> FindOpenAsync(string tenant, string id, CancellationToken cancellationToken)
    {
        if (await store.GetAsync(Jobs, KeyOf(tenant, id), cancellationToken) is not { } row)
            return null;
        var job = CrawlJobRow.Job(row);
        if (job.FinishedAt is null)
            return (row, job, CrawlJobRow.Claim(row));
        // The worker that finished it may have been interrupted before it removed the job from OpenJobs.
        await CloseAsync(id, cancellationToken);
        return null;
    }

    private async Task<ClaimedJob?> PutAsync(ClaimedJob claimed, CancellationToken cancellationToken)
    {
        var put = new TablePut(
            KeyOf(claimed.Tenant, claimed.Job.Id), CrawlJobRow.Values(claimed.Job, claimed.Claim), PutCondition.IfMatch(claimed.ETag));
        return await store.PutAsync(Jobs, put, cancellationToken) is { } eTag ? claimed with { ETag = eTag } : null;
    }

    private static TableKey KeyOf(string tenant, string id) => new(tenant, CrawlJobRow.Turn(id));

    private async Task CloseAsync(string id, CancellationToken cancellationToken)
    {
        await pages.DeleteAsync(id, cancellationToken);
        await store.DeleteAsync(OpenJobs, new(OpenPartition, id), null, cancellationToken);
    }
}

/// <summary>A job that a worker has claimed.</summary>
/// <param name="Tenant">Whose it is.</param>
/// <param name="Job">The job.</param>
/// <param name="Claim">In whose name.</param>
/// <param name="ETag">Its version. The claim is lost when the row has another.</param>
internal sealed record ClaimedJob(string Tenant, CrawlJob Job, CrawlClaim Claim, string ETag);

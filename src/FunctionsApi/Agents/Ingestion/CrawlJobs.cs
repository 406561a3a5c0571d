// A job is two rows: the job itself (table Jobs, partition = tenant) and, until it is finished, its place in the queue
// (table JobQueue), which all instances read. The job is written first, so a place in the queue always leads to a job.
// An instance claims a job for a limited time; one that is killed in the middle leaves a claim that runs out, and the
// next one to look takes the job up again.

using System.Runtime.CompilerServices;
using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>Keeps crawl jobs and hands them out.</summary>
internal sealed class CrawlJobs(ITableStore store, TimeProvider time)
{
    /// <summary>How long a claim holds: longer than any run of a job can take.</summary>
    public static readonly TimeSpan Claim = TimeSpan.FromSeconds(30);

    public const int MaxAttempts = 3;

    private const string Jobs = "Jobs", Queue = "JobQueue", QueuePartition = "crawl";

    /// <summary>Stores a new job for good and puts it in the queue.</summary>
    public async Task<CrawlJob> AddAsync(string tenant, string url, int maxPages, int depth, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var job = new CrawlJob(Guid.CreateVersion7(now).ToString("N"), CrawlStatus.Queued, url, maxPages, depth, now);
        await store.PutAsync(Jobs, new(new(tenant, job.Id), CrawlJobRow.Values(job), PutCondition.IfAbsent), cancellationToken);
        var place = new TablePut(PlaceOf(job), new Dictionary<string, object> { ["tenant"] = tenant }, PutCondition.None);
        // From here on the job exists: whoever asked for it may leave, and it is run all the same.
        await store.PutAsync(Queue, place, CancellationToken.None);
        return job;
    }

    /// <returns>Null where the tenant has no such job.</returns>
    public async Task<CrawlJob?> FindAsync(string tenant, string id, CancellationToken cancellationToken) =>
        await store.GetAsync(Jobs, new(tenant, id), cancellationToken) is { } row ? CrawlJobRow.Job(row) : null;

    /// <summary>Jobs that are not finished, oldest first, claimed ones included.</summary>
    public async IAsyncEnumerable<(string Tenant, string Id)> UnfinishedAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var place in store.QueryAsync(Queue, new() { Partition = QueuePartition }, cancellationToken))
            yield return ((string)place.Values["tenant"], place.Key.Row);
    }

    /// <summary>Takes a job up, so that nobody else does while the claim holds.</summary>
    /// <returns>Null where there is nothing to do: it is claimed, finished, or was taken up too often and now is failed.</returns>
    public async Task<ClaimedJob?> TryClaimAsync(string tenant, string id, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (await store.GetAsync(Jobs, new(tenant, id), cancellationToken) is not { } row)
            return null;
        var job = CrawlJobRow.Job(row);
        if (job.Status == CrawlStatus.Running && CrawlJobRow.ClaimedUntil(row) > now)
            return null;
        if (job.FinishedAt is not null)
        {
            await LeaveQueueAsync(job, cancellationToken);
            return null;
        }

        if (job.Attempts >= MaxAttempts)
        {
            var given = job with { Error = $"It was interrupted {MaxAttempts} times." };
            await FinishAsync(new(tenant, job, row.ETag), given, cancellationToken);
            return null;
        }

        job = job with { Status = CrawlStatus.Running, StartedAt = now, Attempts = job.Attempts + 1 };
        return await PutAsync(tenant, job, now + Claim, row.ETag, cancellationToken) is { } eTag ? new(tenant, job, eTag) : null;
    }

    /// <summary>Ends a job, as failed where it has an error, unless the claim on it was lost.</summary>
    public async Task FinishAsync(ClaimedJob claimed, CrawlJob result, CancellationToken cancellationToken)
    {
        var status = result.Error is null ? CrawlStatus.Completed : CrawlStatus.Failed;
        var finished = result with { Status = status, FinishedAt = time.GetUtcNow() };
        if (await PutAsync(claimed.Tenant, finished, null, claimed.ETag, cancellationToken) is not null)
            await LeaveQueueAsync(finished, cancellationToken);
    }

    /// <summary>Gives a job back as if it had not been taken up.</summary>
    public Task ReturnAsync(ClaimedJob claimed, CancellationToken cancellationToken)
    {
        var job = claimed.Job with { Status = CrawlStatus.Queued, StartedAt = null, Attempts = claimed.Job.Attempts - 1 };
        return PutAsync(claimed.Tenant, job, null, claimed.ETag, cancellationToken);
    }

    private Task<string?> PutAsync(
        string tenant, CrawlJob job, DateTimeOffset? claimedUntil, string eTag, CancellationToken cancellationToken) =>
        store.PutAsync(
            Jobs,
            new(new(tenant, job.Id), CrawlJobRow.Values(job, claimedUntil), PutCondition.IfMatch(eTag)),
            cancellationToken);

    private async Task LeaveQueueAsync(CrawlJob job, CancellationToken cancellationToken) =>
        await store.DeleteAsync(Queue, PlaceOf(job), null, cancellationToken);

    private static TableKey PlaceOf(CrawlJob job) => new(QueuePartition, job.Id);
}

/// <summary>A job that this instance may work on.</summary>
/// <param name="Tenant">Whose it is.</param>
/// <param name="Job">The job.</param>
/// <param name="ETag">Its version: whoever has this one has the claim.</param>
internal sealed record ClaimedJob(string Tenant, CrawlJob Job, string ETag);

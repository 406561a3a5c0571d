using System.Threading.Channels;
using FunctionsApi.Agents.Knowledge;
using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>
/// Runs crawl jobs, those included that another instance left behind. A run reads the start page and stores it as a
/// document; it follows no links.
/// </summary>
internal sealed partial class CrawlWorker(
    CrawlJobs jobs, DocumentTable documents, PageReader pages, TimeProvider time, ILogger<CrawlWorker> logger) : BackgroundService
{
    /// <summary>How soon a job is noticed that came to another instance, or was left behind.</summary>
    public static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(5);

    private const int MaxAtOnce = 4;

    private readonly Channel<bool> _wakes =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Tells that there is a new job.</summary>
    public void Wake() => _wakes.Writer.TryWrite(true);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Wake();
        await using var poll = time.CreateTimer(_ => Wake(), null, PollInterval, PollInterval);
        await foreach (var _ in _wakes.Reader.ReadAllAsync(stoppingToken))
            await RunAllAsync(stoppingToken);
    }

    private async Task RunAllAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Parallel.ForEachAsync(
                jobs.UnfinishedAsync(stoppingToken),
                new ParallelOptions { MaxDegreeOfParallelism = MaxAtOnce, CancellationToken = stoppingToken },
                async (job, cancellationToken) => await RunAsync(job.Tenant, job.Id, cancellationToken));
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            // The first failure cancels what else is running, and that is given back or runs out of its claim.
            Log.RunsFailed(logger, exception);
        }
    }

    private async Task RunAsync(string tenant, string id, CancellationToken stoppingToken)
    {
        if (await jobs.TryClaimAsync(tenant, id, stoppingToken) is not { } claimed)
            return;
        try
        {
            await jobs.FinishAsync(claimed, await CrawlAsync(claimed, stoppingToken), CancellationToken.None);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await jobs.ReturnAsync(claimed, CancellationToken.None);
            throw;
        }
    }

    private async Task<CrawlJob> CrawlAsync(ClaimedJob claimed, CancellationToken stoppingToken)
    {
        try
        {
            var page = await pages.ReadAsync(new(claimed.Job.Url), stoppingToken);
            if (page.Text.Length == 0)
                return claimed.Job with { Pages = 1, Error = "The page holds no text." };
            var document = Document.Of(claimed.Job.Url, page.Title, page.Text, time.GetUtcNow());
            await documents.PutAsync(claimed.Tenant, document, stoppingToken);
            return claimed.Job with { Pages = 1, Documents = 1 };
        }
        catch (PageException refused)
        {
            return claimed.Job with { Error = refused.Message };
        }
        catch (Exception exception) when (exception is not (TableStoreException or OperationCanceledException))
        {
            Log.JobFailed(logger, exception, claimed.Job.Id);
            return claimed.Job with { Error = "The page could not be read." };
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Crawl jobs cannot be read or written; trying again soon")]
        public static partial void RunsFailed(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Error, "Crawl job {Id} failed in a way that nobody thought of")]
        public static partial void JobFailed(ILogger logger, Exception exception, string id);
    }
}

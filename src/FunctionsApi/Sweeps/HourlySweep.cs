using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Storage;

namespace FunctionsApi.Sweeps;

/// <summary>What is done every hour by one instance: what has expired is deleted, what is being deleted of tenants goes on, and crawl jobs that were forgotten are found.</summary>
internal sealed partial class HourlySweep(Sweeper sweeper, TenantRemoval removal, CrawlRecovery recovery, ILogger<HourlySweep> logger)
{
    public static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>Sweeps, unless it was done a short while ago or somebody is at it.</summary>
    /// <exception cref="TableStoreException">The store could not be read or written; the next sweep goes on.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (await sweeper.RunOnceAsync(Interval * 0.8, cancellationToken) is not { } report)
            return;
        Log.Swept(
            logger, report.Quotas.Deleted, report.Quotas.Seen, report.Usage.Deleted, report.Messages.Deleted,
            report.Events.Deleted, report.Jobs.Deleted, report.Documents.Deleted);
        if (await removal.GoOnAsync(cancellationToken) is > 0 and var tenants)
            Log.Removed(logger, tenants);
        if (await recovery.RunOnceAsync(cancellationToken) is > 0 and var jobs)
            Log.Recovered(logger, jobs);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Swept: {Quotas} of {Seen} partitions' counters, {Usage} hours of usage, {Messages} webhook messages, {Events} rows of events, {Jobs} jobs and {Documents} documents were deleted")]
        public static partial void Swept(ILogger logger, long quotas, long seen, long usage, long messages, long events, long jobs, long documents);

        [LoggerMessage(LogLevel.Information, "{Tenants} tenants that were being deleted are gone")]
        public static partial void Removed(ILogger logger, int tenants);

        [LoggerMessage(LogLevel.Warning, "{Jobs} crawl jobs were waiting without anybody knowing; they are in the queue again")]
        public static partial void Recovered(ILogger logger, int jobs);
    }
}

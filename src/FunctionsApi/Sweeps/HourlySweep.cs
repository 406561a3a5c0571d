using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Storage;

namespace FunctionsApi.Sweeps;

/// <summary>What is done every hour by one instance: what has expired is deleted, and crawl jobs that were forgotten are found.</summary>
internal sealed partial class HourlySweep(Sweeper sweeper, CrawlRecovery recovery, ILogger<HourlySweep> logger)
{
    public static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>Sweeps, unless it was done a short while ago or somebody is at it.</summary>
    /// <exception cref="TableStoreException">The store could not be read or written; the next sweep goes on.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (await sweeper.RunOnceAsync(Interval * 0.8, cancellationToken) is not { } report)
            return;
        Log.Swept(logger, report.Quotas.Deleted, report.Quotas.Seen, report.Usage.Deleted, report.Messages.Deleted);
        if (await recovery.RunOnceAsync(cancellationToken) is > 0 and var jobs)
            Log.Recovered(logger, jobs);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Swept: {Quotas} of {Seen} partitions' counters, {Usage} hours of usage and {Messages} webhook messages were deleted")]
        public static partial void Swept(ILogger logger, long quotas, long seen, long usage, long messages);

        [LoggerMessage(LogLevel.Warning, "{Jobs} crawl jobs were waiting without anybody knowing; they are in the queue again")]
        public static partial void Recovered(ILogger logger, int jobs);
    }
}

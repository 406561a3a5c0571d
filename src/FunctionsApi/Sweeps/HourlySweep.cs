using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Storage;

namespace FunctionsApi.Sweeps;

/// <summary>
/// What is done every hour by one instance: what has expired is deleted, what is being deleted of tenants goes on, and crawl jobs that were
/// forgotten are found. Each has a turn of its own, so that none waits for another, nor for the time of the last <c>sweep</c> command.
/// </summary>
internal sealed partial class HourlySweep(
    Sweeper sweeper, TenantRemoval removal, CrawlRecovery recovery, ITableStore store, TimeProvider time, ILogger<HourlySweep> logger)
{
    public static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    private static readonly TimeSpan UnlessWithin = Interval * 0.8;

    /// <summary>Does each, unless it was done a short while ago or somebody is at it.</summary>
    /// <exception cref="TableStoreException">The store could not be read or written; the next time goes on.</exception>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(
        SweepAsync(cancellationToken),
        InTurnAsync("removal", RemoveAsync, cancellationToken),
        InTurnAsync("recovery", RecoverAsync, cancellationToken));

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        if (await sweeper.RunOnceAsync(UnlessWithin, cancellationToken) is { } report)
            Log.Swept(
                logger, report.Quotas.Deleted, report.Quotas.Seen, report.Usage.Deleted, report.Messages.Deleted,
                report.Events.Deleted, report.Jobs.Deleted, report.Documents.Deleted);
    }

    private async Task RemoveAsync(CancellationToken cancellationToken)
    {
        if (await removal.GoOnAsync(cancellationToken) is > 0 and var tenants)
            Log.Removed(logger, tenants);
    }

    private async Task RecoverAsync(CancellationToken cancellationToken)
    {
        if (await recovery.RunOnceAsync(cancellationToken) is > 0 and var jobs)
            Log.Recovered(logger, jobs);
    }

    // Where it takes longer than a turn lasts, another instance may do the same at once: that does no harm.
    private async Task InTurnAsync(string turnOf, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        if (await SweepTurn.TryTakeAsync(store, time, turnOf, UnlessWithin, cancellationToken) is not { } turn)
            return;
        await work(cancellationToken);
        await turn.FinishAsync(cancellationToken);
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

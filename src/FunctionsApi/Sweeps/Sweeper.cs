// What is stored for each partition and each hour must not be stored for ever. The sweep deletes rows of Quotas that say no
// more than none would (QuotaEntity.ForgettableAt), rows of Usage that are older than Usage__RetainDays, events, their counts, jobs and
// documents that are older than Retention__… says, pages of crawls that are over, webhook messages that are past their retention, and rows of Instances that have long
// said nothing.
//
// Where the ledger is on durable entities, those of the task hub that say nothing any more are removed too, by the same rule.
//
// It deletes a row only as it read it. An instance that changes the row meanwhile keeps it; one that remembers a row that was
// deleted finds, on writing, that it is gone, and reads again. So nothing depends on who sweeps, or how often: SweepTurn only saves
// everybody from doing the same work.

using FunctionsApi.Agents.Analytics.Journal;
using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Agents.Knowledge;
using FunctionsApi.Alerts.Webhooks;
using FunctionsApi.Ledgers;
using FunctionsApi.Operations;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Settings;
using FunctionsApi.Storage;
using FunctionsApi.Usage;

namespace FunctionsApi.Sweeps;

/// <summary>Deletes what has expired.</summary>
/// <param name="store">Where.</param>
/// <param name="usageRetention">How long usage is kept.</param>
/// <param name="retention">How long the rest is.</param>
/// <param name="documents">The documents in the store.</param>
/// <param name="time">The clock.</param>
/// <param name="entities">Null where no Functions host runs.</param>
internal sealed class Sweeper(
    ITableStore store, TimeSpan usageRetention, RetentionOptions retention, DocumentTable documents, TimeProvider time, HubTables? entities = null)
{
    // At most 100 deletions or 10,000 rows read a second: half a percent of what a storage account does.
    private const int WorkAtOnce = 10_000;
    private const int WorkOfDeletion = 100;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Sweeps once, unless somebody else is at it.</summary>
    /// <returns>What was done; null where it was somebody else's turn.</returns>
    /// <exception cref="TableStoreException">The store could not be read or written; the next sweep goes on.</exception>
    public Task<SweepReport?> RunOnceAsync(CancellationToken cancellationToken) => RunOnceAsync(TimeSpan.Zero, cancellationToken);

    /// <summary>As <see cref="RunOnceAsync(CancellationToken)"/>, unless a sweep was finished within so long.</summary>
    public async Task<SweepReport?> RunOnceAsync(TimeSpan unlessWithin, CancellationToken cancellationToken)
    {
        if (await SweepTurn.TryTakeAsync(store, time, "sweep", unlessWithin, cancellationToken) is not { } turn)
            return null;
        var sweep = new Sweep(store, turn, time);
        var now = time.GetUtcNow();
        var quotas = await sweep.RunAsync(TableLedger.Table, new(), row => IsForgettable(row, Instant.From(now)), cancellationToken);
        if (entities is not null)
            quotas += await sweep.RunAsync(
                entities.QueryAsync(cancellationToken), entity => IsForgettable(entity, Instant.From(now)), entities.TryRemoveAsync, cancellationToken);
        var usage = await sweep.RunAsync(
            UsageTable.Name, UsageTable.Before(now - usageRetention), _ => true, cancellationToken);
        var messages = await sweep.RunAsync(Outbox.Messages, Outbox.Expired(now), _ => true, cancellationToken);
        var events = default(SweptRows);
        foreach (var query in JournalRows.Expired(now, retention))
            events += await sweep.RunAsync(JournalRows.Table, query, _ => true, cancellationToken);
        var jobs = await sweep.RunAsync(
            CrawlJobs.Table, new(), row => CrawlJobs.IsFinishedBefore(row, now - TimeSpan.FromDays(retention.JobDays)), cancellationToken);
        await sweep.RunAsync(
            new CrawlJobs(store, new(store), time).PagesAsync(cancellationToken), page => page.IsLeft,
            (page, cancel) => store.DeleteAsync(CrawlPages.Table, page.Row.Key, page.Row.ETag, cancel), cancellationToken);
        var oldest = now - TimeSpan.FromDays(retention.DocumentDays);
        var fetched = await sweep.RunAsync(
            documents.RowsAsync(cancellationToken),
            row => DocumentTable.IsFetchedBefore(row, oldest),
            // A crawl may have fetched it again since it was listed.
            (row, cancel) => documents.DeleteAsync(row.Key.Partition, row.Key.Row, cancel, onlyIf: document => document.FetchedAt < oldest),
            cancellationToken);
        await sweep.RunAsync(InstanceTable.Name, new(), row => InstanceTable.IsExpired(row, now), cancellationToken);
        if (!sweep.IsOver)
            await turn.FinishAsync(cancellationToken);
        return new(quotas, usage, messages, events, jobs, fetched);
    }

    private static bool IsForgettable(TableRow row, Instant now) => IsForgettable(() => StoredEntity.From(row).Entity, now);

    // One that holds nothing yet is about to.
    private static bool IsForgettable(HubEntity entity, Instant now) =>
        entity.Text is { } text && IsForgettable(() => EntityText.Read(text), now);

    private static bool IsForgettable(Func<QuotaEntity> read, Instant now)
    {
        try
        {
            return read().ForgettableAt <= now;
        }
        catch (InvalidDataException)
        {
            // For an operator to look at; requests that needed it have logged it.
            return false;
        }
    }

    /// <summary>One turn's work, at a bounded rate.</summary>
    private sealed class Sweep(ITableStore store, SweepTurn turn, TimeProvider time)
    {
        private int _work;

        /// <summary>Somebody else took the turn over.</summary>
        public bool IsOver { get; private set; }

        public Task<SweptRows> RunAsync(string table, TableQuery query, Func<TableRow, bool> isExpired, CancellationToken cancellationToken) => RunAsync(
            store.QueryAsync(table, query, cancellationToken), isExpired,
            (row, cancel) => store.DeleteAsync(table, row.Key, row.ETag, cancel), cancellationToken);

        public async Task<SweptRows> RunAsync<T>(
            IAsyncEnumerable<T> rows, Func<T, bool> isExpired, Func<T, CancellationToken, Task<bool>> deleteAsync, CancellationToken cancellationToken)
        {
            var (seen, deleted) = (0L, 0L);
            await foreach (var row in rows)
            {
                if (IsOver)
                    break;
                seen++;
                var expired = isExpired(row);
                if (expired && await deleteAsync(row, cancellationToken))
                    deleted++;
                await WorkAsync(expired ? WorkOfDeletion : 1, cancellationToken);
            }
            return new(seen, deleted);
        }

        private async Task WorkAsync(int work, CancellationToken cancellationToken)
        {
            _work += work;
            if (_work < WorkAtOnce)
                return;
            _work = 0;
            await Task.Delay(Pause, time, cancellationToken);
            IsOver = !await turn.TryKeepAsync(cancellationToken);
        }
    }
}

/// <summary>What a sweep did.</summary>
/// <param name="Quotas">Partitions' counters.</param>
/// <param name="Usage">Hours of usage; only those that are old enough are looked at.</param>
/// <param name="Messages">Webhook messages; likewise.</param>
/// <param name="Events">Rows of events, their ids and counts, likewise.</param>
/// <param name="Jobs">Crawl jobs.</param>
/// <param name="Documents">Rows of documents.</param>
internal sealed record SweepReport(
    SweptRows Quotas, SweptRows Usage, SweptRows Messages, SweptRows Events, SweptRows Jobs, SweptRows Documents);

/// <param name="Seen">Rows read.</param>
/// <param name="Deleted">Rows deleted of them.</param>
internal readonly record struct SweptRows(long Seen, long Deleted)
{
    public static SweptRows operator +(SweptRows a, SweptRows b) => new(a.Seen + b.Seen, a.Deleted + b.Deleted);
}

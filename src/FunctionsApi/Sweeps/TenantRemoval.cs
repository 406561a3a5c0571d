// What a tenant has is in many tables, and no batch reaches over two. So its deletion is asked for by a mark in the tenant's row, by which it
// has left: nobody gets in any more. Then everything is deleted in the order below, and the row itself an hour after the mark, when
// what was under way then has been written and is deleted as well. Every step can be done again. A removal that is interrupted
// leaves a tenant that is marked, and the next sweep, or the command again, goes on.
//
// Keys are revoked at once, which other instances know within 30 s, and deleted with the row: they name the counters that were written
// until then.

using FunctionsApi.Agents.Analytics.Journal;
using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Agents.Knowledge;
using FunctionsApi.Alerts;
using FunctionsApi.Alerts.Webhooks;
using FunctionsApi.Auth;
using FunctionsApi.Infer;
using FunctionsApi.Storage;
using FunctionsApi.Tenants;
using FunctionsApi.Usage;

namespace FunctionsApi.Sweeps;

/// <summary>Deletes all that a tenant has. What tenants come to have is added here, and nowhere else.</summary>
internal sealed class TenantRemoval
{
    /// <summary>How long after the mark the tenant's row is kept.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    private const int DeletionsAtOnce = 16;
    private const string Keys = "keys";

    private readonly ITableStore _store;
    private readonly TimeProvider _time;
    private readonly TenantTable _tenants;
    private readonly KeyTable _keys;
    private readonly Owned[] _all;

    /// <param name="store">Where everything is.</param>
    /// <param name="documents">The documents in it.</param>
    /// <param name="counters">The counters, wherever they are.</param>
    /// <param name="time">The clock.</param>
    public TenantRemoval(ITableStore store, DocumentTable documents, TenantCounters counters, TimeProvider time)
    {
        (_store, _time, _tenants, _keys) = (store, time, new(store), new(store, time));
        var (jobs, outbox, alerts, states) = (new CrawlJobs(store, new(store), time), new Outbox(store, time), new AlertTable(store), new WebhookStates(store));
        _all =
        [
            new("counters", counters.CountAsync, counters.DeleteAsync),
            RowsOf("deployments", DeploymentTable.Table),
            RowsOf("usageRows", UsageTable.Name),
            RowsOf("eventRows", JournalRows.Table),
            new("documents", async (tenant, cancel) => await documents.ListAsync(tenant, cancel).LongCountAsync(cancel), async (tenant, cancel) => await documents.DeleteAllAsync(tenant, cancel)),
            new("jobs", (tenant, cancel) => CountAsync(CrawlJobs.Table, tenant, cancel), async (tenant, cancel) => await jobs.DeleteAllAsync(tenant, cancel)),
            new("alerts", async (tenant, cancel) => await alerts.FindAsync(tenant, cancel) is null ? 0 : 1, DeleteAlertsAsync),
            new("messages", (tenant, cancel) => CountAsync(Outbox.Messages, tenant, cancel), DeleteMessagesAsync),
        ];

        async Task<long> DeleteAlertsAsync(string tenant, CancellationToken cancellationToken)
        {
            var isAny = await alerts.FindAsync(tenant, cancellationToken) is not null;
            await alerts.DeleteAsync(tenant, cancellationToken);
            await states.DeleteAsync(tenant, cancellationToken);
            return isAny ? 1 : 0;
        }

        async Task<long> DeleteMessagesAsync(string tenant, CancellationToken cancellationToken)
        {
            var count = await CountAsync(Outbox.Messages, tenant, cancellationToken);
            await outbox.DeleteAsync(tenant, cancellationToken);
            return count;
        }
    }

    /// <summary>How much there is of each kind.</summary>
    public async Task<IReadOnlyList<(string Kind, long Count)>> CountAsync(string tenant, CancellationToken cancellationToken)
    {
        List<(string, long)> counts = [];
        foreach (var owned in _all)
            counts.Add((owned.Kind, await owned.CountAsync(tenant, cancellationToken)));
        return [.. counts, (Keys, (await _keys.ListAsync(tenant, cancellationToken)).Count)];
    }

    /// <summary>Deletes everything that there is now, revokes the keys, and marks the tenant: its row and its keys go an hour after it was first marked.</summary>
    /// <returns>How much of each kind was deleted, or, of keys, is revoked; and whether nothing is left to be done.</returns>
    /// <exception cref="TableStoreException">The store failed; some is deleted, and calling it again goes on.</exception>
    public async Task<(IReadOnlyList<(string Kind, long Count)> Deleted, bool IsOver)> DeleteAsync(string tenant, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var marked = await _tenants.ChangeAsync(
            tenant,
            before => before with { Inference = Subscription.None, Agents = Subscription.None, HasLeft = true, Removed = before.Removed ?? now },
            cancellationToken);
        await _keys.RevokeAllAsync(tenant, cancellationToken);
        List<(string, long)> deleted = [];
        foreach (var owned in _all)
            deleted.Add((owned.Kind, await owned.DeleteAsync(tenant, cancellationToken)));
        deleted.Add((Keys, (await _keys.ListAsync(tenant, cancellationToken)).Count));
        var isOver = now - marked.Removed >= Grace;
        if (isOver)
        {
            await _keys.DeleteAllAsync(tenant, cancellationToken);
            await _tenants.DeleteAsync(tenant, cancellationToken);
        }

        return (deleted, isOver);
    }

    /// <summary>Goes on with every tenant that is marked.</summary>
    /// <returns>How many of them are over.</returns>
    /// <exception cref="TableStoreException">The store failed; calling it again goes on.</exception>
    public async Task<int> GoOnAsync(CancellationToken cancellationToken)
    {
        var over = 0;
        foreach (var stored in await _tenants.ListAsync(cancellationToken))
            if (stored.Tenant is { Removed: not null } && (await DeleteAsync(stored.Id, cancellationToken)).IsOver)
                over++;
        return over;
    }

    private Owned RowsOf(string kind, string table) => new(
        kind, (tenant, cancel) => CountAsync(table, tenant, cancel), (tenant, cancel) => DeleteRowsAsync(table, tenant, cancel));

    private async Task<long> CountAsync(string table, string tenant, CancellationToken cancellationToken) =>
        await _store.QueryAsync(table, new() { Partition = tenant }, cancellationToken).LongCountAsync(cancellationToken);

    private async Task<long> DeleteRowsAsync(string table, string tenant, CancellationToken cancellationToken)
    {
        var count = 0L;
        await Parallel.ForEachAsync(
            _store.QueryAsync(table, new() { Partition = tenant }, cancellationToken),
            new ParallelOptions { MaxDegreeOfParallelism = DeletionsAtOnce, CancellationToken = cancellationToken },
            async (row, cancelled) =>
            {
                await _store.DeleteAsync(table, row.Key, null, cancelled);
                Interlocked.Increment(ref count);
            });
        return count;
    }

    /// <param name="Kind">What scripts know it by.</param>
    /// <param name="CountAsync">How much a tenant has of it.</param>
    /// <param name="DeleteAsync">Deletes it, and tells how much that was.</param>
    private sealed record Owned(
        string Kind, Func<string, CancellationToken, Task<long>> CountAsync, Func<string, CancellationToken, Task<long>> DeleteAsync);
}

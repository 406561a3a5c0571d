using FunctionsApi.Operations;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Ledgers;
using FunctionsApi.Storage;
using Microsoft.Extensions.Caching.Memory;

namespace FunctionsApi.Ledger;

/// <summary>
/// The ledger on a table store: a row for each quota entity, replaced only if it is still the version that was read. Rows
/// that were written lately are remembered, so that a hot partition costs one write for each operation and no read.
/// </summary>
internal sealed partial class TableLedger(
    ITableStore store, TimeProvider time, ILogger<TableLedger>? logger = null, QuotaMetrics? metrics = null) : ILedger, IDisposable
{
    public const string Table = "Quotas";
    private const string StateColumn = "state";

    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(50);

    private readonly MemoryCache _latest = new(new MemoryCacheOptions { SizeLimit = 20_000 });

    public async Task<QuotaResult> ApplyAsync(
        string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken)
    {
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                var stored = await FindAsync(partition, cancellationToken);
                var (entity, result) = stored.Entity.Apply(operation, now);
                if (ReferenceEquals(entity, stored.Entity) || await TryReplaceAsync(partition, stored, entity, cancellationToken))
                    return result;
                metrics?.LedgerConflicted();
                // The first conflict tells only that what was remembered is old; the next that others write at this moment.
                if (attempt > 1)
                    await Task.Delay(LongestPause * Random.Shared.NextDouble(), time, cancellationToken);
            }
        }
        catch (TableStoreException e)
        {
            throw new LedgerUnavailableException(e.Message, e);
        }
    }

    public async Task<QuotaResult> PeekAsync(
        string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken)
    {
        try
        {
            return (await FindAsync(partition, cancellationToken)).Entity.Peek(operation, now);
        }
        catch (TableStoreException e)
        {
            throw new LedgerUnavailableException(e.Message, e);
        }
    }

    /// <summary>The entity as it is stored now; null where there is none.</summary>
    /// <exception cref="EntityUnreadableException">It cannot be read.</exception>
    public async Task<QuotaEntity?> ReadAsync(string partition, CancellationToken cancellationToken) =>
        (await ReadRowAsync(partition, cancellationToken)) is { ETag: not null } stored ? stored.Entity : null;

    /// <summary>Starts all counts of a partition anew, also where they cannot be read.</summary>
    /// <returns>False where it has none.</returns>
    public async Task<bool> ResetAsync(string partition, CancellationToken cancellationToken)
    {
        while (await store.GetAsync(Table, new(partition, ""), cancellationToken) is { } row)
        {
            QuotaEntity entity;
            try
            {
                entity = Decode(row);
            }
            catch (InvalidDataException)
            {
                entity = QuotaEntity.Empty;
            }
            var now = Instant.From(time.GetUtcNow());
            if (await TryReplaceAsync(partition, new(entity, row.ETag), entity.Reset(now), cancellationToken))
                return true;
        }
        return false;
    }

    public void Dispose() => _latest.Dispose();

    private async ValueTask<Stored> FindAsync(string partition, CancellationToken cancellationToken) =>
        _latest.TryGetValue(partition, out Stored? stored) ? stored! : await ReadRowAsync(partition, cancellationToken);

    private async Task<Stored> ReadRowAsync(string partition, CancellationToken cancellationToken)
    {
        var row = await store.GetAsync(Table, new(partition, ""), cancellationToken);
        try
        {
            return row is null
                ? new(QuotaEntity.Empty, null)
                : new(Decode(row), row.ETag);
        }
        catch (InvalidDataException e)
        {
            var unreadable = new EntityUnreadableException(
                $"The counters of '{partition}' cannot be read: {e.Message} 'quotas reset {partition}' starts them anew.", e);
            if (logger is not null)
                Log.Unreadable(logger, unreadable.Message);
            throw unreadable;
        }
    }

    private static QuotaEntity Decode(TableRow row) => QuotaEntityCodec.Decode((byte[])row.Values[StateColumn]);

    private async Task<bool> TryReplaceAsync(
        string partition, Stored stored, QuotaEntity entity, CancellationToken cancellationToken)
    {
        // Whatever becomes of the write, what is remembered is no longer known to be the latest.
        _latest.Remove(partition);
        var put = new TablePut(
            new(partition, ""),
            new Dictionary<string, object> { [StateColumn] = QuotaEntityCodec.Encode(entity) },
            stored.ETag is null ? PutCondition.IfAbsent : PutCondition.IfMatch(stored.ETag));
        var eTag = await store.PutAsync(Table, put, cancellationToken);
        if (eTag is not null)
            _latest.Set(partition, new Stored(entity, eTag), new MemoryCacheEntryOptions { Size = 1 });
        return eTag is not null;
    }

    private sealed record Stored(QuotaEntity Entity, string? ETag);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "{Reason}")]
        public static partial void Unreadable(ILogger logger, string reason);
    }
}

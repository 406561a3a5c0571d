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
/// <remarks>
/// A partition that is not remembered costs a read and a write. Writing it blindly as a new row would save the read for one
/// that has no row yet, and cost three operations instead of two for one that has: a customer that another instance knows,
/// or this one knew before it restarted, is the rule, and one that nobody ever saw is seen so once.
/// </remarks>
internal sealed partial class TableLedger(
    ITableStore store, TimeProvider time, ILogger<TableLedger>? logger = null, Random? random = null, QuotaMetrics? metrics = null)
    : ILedger, IDisposable
{
    public const string Table = "Quotas";

    // In bytes as they are stored; in memory they take some four times as much.
    private const int MostRemembered = 16 * 1024 * 1024;
    private const int BytesOfRemembering = 400;

    /// <summary>Looks need no lease and nobody's turn: so many at once, and the operations that requests wait for go before.</summary>
    private const int MostLooksInFlight = 32;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(100);

    private readonly MemoryCache _latest = new(new MemoryCacheOptions { SizeLimit = MostRemembered });
    private readonly SemaphoreSlim _looks = new(MostLooksInFlight);
    private readonly Random _random = random ?? Random.Shared;

    /// <inheritdoc/>
    /// <remarks>
    /// While others change the entity too, it is tried again until the caller gives up. A write that fails may have
    /// happened: the same operation, repeated, reads the row again, and the entity recognises it.
    /// </remarks>
    public async Task<QuotaResult> ApplyAsync(
        string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken)
    {
        try
        {
            for (var conflicts = 0; ; conflicts++)
            {
                await PauseAsync(conflicts, cancellationToken);
                var stored = await FindAsync(partition, cancellationToken);
                var (entity, result) = stored.Entity.Apply(operation, now);
                if (ReferenceEquals(entity, stored.Entity) || await TryReplaceAsync(partition, stored, entity, cancellationToken))
                    return result;
                metrics?.LedgerConflicted();
            }
        }
        catch (TableStoreException e)
        {
            throw Unavailable(e);
        }
    }

    /// <inheritdoc/>
    public async Task<QuotaResult> PeekAsync(
        string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken)
    {
        await _looks.WaitAsync(cancellationToken);
        try
        {
            // What is remembered may be long out of date, and nothing would tell.
            return (await ReadRowAsync(partition, cancellationToken)).Entity.Peek(operation, now);
        }
        catch (TableStoreException e)
        {
            throw Unavailable(e);
        }
        finally
        {
            _looks.Release();
        }
    }

    /// <summary>The entity as it is stored now; null where there is none.</summary>
    /// <exception cref="EntityUnreadableException">It cannot be read.</exception>
    public async Task<StoredEntity?> ReadAsync(string partition, CancellationToken cancellationToken) =>
        (await ReadRowAsync(partition, cancellationToken)) is { ETag: not null } stored ? stored : null;

    /// <summary>Starts all counts of a partition anew, also where they cannot be read.</summary>
    /// <returns>False where it has none.</returns>
    public async Task<bool> ResetAsync(string partition, CancellationToken cancellationToken)
    {
        for (var conflicts = 0; await store.GetAsync(Table, new(partition, ""), cancellationToken) is { } row; conflicts++)
        {
            await PauseAsync(conflicts, cancellationToken);
            StoredEntity stored;
            try
            {
                stored = StoredEntity.From(row);
            }
            catch (InvalidDataException)
            {
                stored = new(QuotaEntity.Empty, row.ETag, 0);
            }
            var entity = stored.Entity.Reset(Instant.From(time.GetUtcNow()));
            if (await TryReplaceAsync(partition, stored, entity, cancellationToken))
                return true;
        }
        return false;
    }

    public void Dispose()
    {
        _latest.Dispose();
        _looks.Dispose();
    }

    // The first conflict tells only that what was remembered is old; the next ones that others write at this moment, and
    // the more of them there are the further apart all have to be.
    private Task PauseAsync(int conflicts, CancellationToken cancellationToken)
    {
        if (conflicts < 2)
            return Task.CompletedTask;
        var longest = Math.Min(LongestPause.TotalMilliseconds, FirstPause.TotalMilliseconds * Math.Pow(2, conflicts - 2));
        return Task.Delay(TimeSpan.FromMilliseconds(longest * _random.NextDouble()), time, cancellationToken);
    }

    private async ValueTask<StoredEntity> FindAsync(string partition, CancellationToken cancellationToken) =>
        _latest.TryGetValue(partition, out StoredEntity? stored) ? stored! : await ReadRowAsync(partition, cancellationToken);

    private async Task<StoredEntity> ReadRowAsync(string partition, CancellationToken cancellationToken)
    {
        var row = await store.GetAsync(Table, new(partition, ""), cancellationToken);
        try
        {
            return row is null ? StoredEntity.None : StoredEntity.From(row);
        }
        catch (InvalidDataException e)
        {
            throw Unreadable(new(
                $"The counters of '{partition}' cannot be read: {e.Message} 'quotas reset {partition}' starts them anew.", e));
        }
    }

    private static LedgerUnavailableException Unavailable(TableStoreException e) =>
        new(e.Message, e) { RetryAfter = (e as TableStoreThrottledException)?.RetryAfter };

    private EntityUnreadableException Unreadable(EntityUnreadableException unreadable)
    {
        if (logger is not null)
            Log.Unreadable(logger, unreadable.Message);
        return unreadable;
    }

    private async Task<bool> TryReplaceAsync(
        string partition, StoredEntity stored, QuotaEntity entity, CancellationToken cancellationToken)
    {
        // Whatever becomes of the write, what is remembered is no longer known to be the latest.
        _latest.Remove(partition);
        var state = QuotaEntityCodec.Encode(entity);
        var columns = EntityColumns.Write(state) ?? throw Unreadable(new(
            $"The counters of '{partition}' have {state.Length:N0} bytes, more than a row holds: too many instances lease too many "
            + "policies. Run fewer instances, or apply plans with fewer policies."));
        var condition = stored.ETag is null ? PutCondition.IfAbsent : PutCondition.IfMatch(stored.ETag);
        var eTag = await store.PutAsync(Table, new(new(partition, ""), columns, condition), cancellationToken);
        if (eTag is not null)
            _latest.Set(
                partition,
                new StoredEntity(entity, eTag, state.Length),
                new MemoryCacheEntryOptions { Size = state.Length + BytesOfRemembering });
        return eTag is not null;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "{Reason}")]
        public static partial void Unreadable(ILogger logger, string reason);
    }
}

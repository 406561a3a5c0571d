using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Storage;
using FunctionsApi.Telemetry;
using Microsoft.Extensions.Caching.Memory;

namespace FunctionsApi.Ledgers;

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

    /// <summary>With their pauses they take about a second where the store is near; who waits is not kept for longer.</summary>
    private const int MostConflicts = 16;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(200);

    private readonly MemoryCache _latest = new(new MemoryCacheOptions { SizeLimit = MostRemembered });
    private readonly SemaphoreSlim _looks = new(MostLooksInFlight);
    private readonly Random _random = random ?? Random.Shared;

    /// <inheritdoc/>
    /// <remarks>
    /// While others change the entity too, it is tried again. A write that fails may have happened: the same operation,
    /// repeated, reads the row again, and the entity recognises it.
    /// </remarks>
    public async Task<QuotaResult> ApplyAsync(
        string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken)
    {
        var conflicts = 0;
        try
        {
            for (; conflicts < MostConflicts; conflicts++)
            {
                await PauseAsync(conflicts, cancellationToken);
                if (await TryApplyAsync(partition, operation, now, cancellationToken) is { } result)
                    return result;
            }
            throw Contended(partition, null);
        }
        catch (TableStoreException e)
        {
            throw Unavailable(e);
        }
        catch (OperationCanceledException e) when (conflicts > 1)
        {
            throw Contended(partition, e);
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
            // Not between reading and writing: a row that is written all the time would be changed meanwhile.
            await PauseAsync(conflicts, cancellationToken);
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

    /// <returns>Null where the row is no longer the one that was remembered or read.</returns>
    private async Task<QuotaResult?> TryApplyAsync(
        string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken)
    {
        var isRemembered = _latest.TryGetValue(partition, out StoredEntity? remembered);
        var stored = isRemembered ? remembered! : await ReadRowAsync(partition, cancellationToken);
        var (entity, result) = stored.Entity.Apply(operation, now);
        if (!ReferenceEquals(entity, stored.Entity))
            return await TryReplaceAsync(partition, stored, entity, cancellationToken) ? result : null;
        if (!isRemembered)
        {
            Remember(partition, stored);
            return result;
        }
        // No write would tell that what is remembered is out of date, and others may have given permits back since.
        _latest.Remove(partition);
        return null;
    }

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

    private static LedgerContendedException Contended(string partition, Exception? e) =>
        new($"Other instances write the counters of '{partition}' so fast that this one does not get to it.", e);

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
        if (eTag is null)
            metrics?.LedgerConflicted();
        else
            Remember(partition, new(entity, eTag, state.Length));
        return eTag is not null;
    }

    private void Remember(string partition, StoredEntity stored) =>
        _latest.Set(partition, stored, new MemoryCacheEntryOptions { Size = stored.Bytes + BytesOfRemembering });

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "{Reason}")]
        public static partial void Unreadable(ILogger logger, string reason);
    }
}

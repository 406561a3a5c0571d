// A revocation must hold on every instance within 30 s, yet no request may wait for a look-up of its key. So nobody
// watches single keys: a revocation writes the key's id into one row, and each instance reads that one row every 8 to 10 s
// while it is used. A known key is compared with the ids that came since it was last compared, once for each change.
//
//   0 s                      8 to 10 s                     25 s
//   | served, nothing done   | served, read in background  | waits for the read
//
// While the store cannot be read, keys that are known go on working for 15 minutes: its outage should not be everybody's.
// But an attempt to read it must have failed within the last 10 s: what failed an hour ago says nothing about now.

using FunctionsApi.Storage;

namespace FunctionsApi.Auth;

/// <summary>Knows whether known keys may still be believed.</summary>
internal sealed partial class KeyRevocations(
    KeyTable keys, TimeProvider time, ILogger<KeyRevocations> logger, Random? random = null)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Stale = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan BelievedInAnOutage = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan BelievedAfterFailure = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(5);

    private readonly Random _random = random ?? Random.Shared;
    private readonly Lock _lock = new();
    private Task? _reading;
    private volatile Seen _seen = new(0, null, RevokedKeys.None);
    private long _readAt = long.MinValue / 2;
    private long _failedAt = long.MinValue / 2;
    private long _freshTicks = Fresh.Ticks;

    /// <summary>Grows with every revocation. Stamp a key with what this was before the key was read.</summary>
    public long Position => _seen.Position;

    /// <summary>Whether a key may have been revoked after this position. True also where that cannot be told any more.</summary>
    public bool MayInclude(string keyId, long since)
    {
        var seen = _seen;
        var missed = seen.Position - since;
        return missed > seen.Keys.Latest.Length || seen.Keys.Latest.AsSpan()[^(int)missed..].Contains(keyId);
    }

    /// <summary>True where the revocations can be believed right now; renews them in the background when they are due.</summary>
    /// <param name="now">UTC ticks.</param>
    public bool AreCurrent(long now)
    {
        var age = now - Volatile.Read(ref _readAt);
        if (age < Volatile.Read(ref _freshTicks))
            return true;
        if (age >= BelievedInAnOutage.Ticks)
            return false;
        var sinceFailure = now - Volatile.Read(ref _failedAt);
        if (sinceFailure >= RetryInterval.Ticks)
            _ = ReadAsync();
        return age < Stale.Ticks || sinceFailure < BelievedAfterFailure.Ticks;
    }

    /// <summary>Waits until the revocations can be believed.</summary>
    /// <returns>False where the store has been out of reach for too long.</returns>
    public async ValueTask<bool> RenewAsync()
    {
        if (AreCurrent(Now))
            return true;
        await ReadAsync();
        return Now - Volatile.Read(ref _readAt) < (InOutage ? BelievedInAnOutage : Stale).Ticks;
    }

    private bool InOutage => Volatile.Read(ref _failedAt) > Volatile.Read(ref _readAt);

    private long Now => time.GetUtcNow().UtcTicks;

    private Task ReadAsync()
    {
        lock (_lock)
            return _reading is { IsCompleted: false } reading ? reading : _reading = ReadOnceAsync();
    }

    private async Task ReadOnceAsync()
    {
        // The time before reading: a revocation that came while it was under way may not be in the answer.
        var started = Now;
        using var timeout = new CancellationTokenSource(ReadTimeout, time);
        try
        {
            _seen = _seen.Next(await keys.RevokedAsync(timeout.Token));
            // Instances that started together need not ask together.
            Volatile.Write(ref _freshTicks, (long)(Fresh.Ticks * (0.8 + 0.2 * _random.NextDouble())));
            Volatile.Write(ref _readAt, started);
        }
        catch (Exception exception) when (exception is TableStoreException or OperationCanceledException)
        {
            if (!InOutage)
                Log.Unreadable(logger, exception.Message);
            Volatile.Write(ref _failedAt, Now);
        }
    }

    /// <summary>What was last read.</summary>
    /// <param name="Position">This instance's own count: never goes back, whatever happens to the row.</param>
    /// <param name="ETag">The row's version; null where there was none.</param>
    /// <param name="Keys">What it said.</param>
    private sealed record Seen(long Position, string? ETag, RevokedKeys Keys)
    {
        public Seen Next((string? ETag, RevokedKeys Keys) row)
        {
            if (row.ETag == ETag)
                return this;
            var more = row.Keys.Count - Keys.Count;
            // A row that says less than it did, or nothing new, was written by another program: every key is to be read again.
            return new(Position + (more > 0 ? more : row.Keys.Latest.Length + 1), row.ETag, row.Keys);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "API keys cannot be read; known ones are believed for 15 minutes. {Reason}")]
        public static partial void Unreadable(ILogger logger, string reason);
    }
}

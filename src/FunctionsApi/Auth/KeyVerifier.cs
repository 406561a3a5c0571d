using FunctionsApi.Caches;
using FunctionsApi.Storage;

namespace FunctionsApi.Auth;

/// <summary>Verifies API keys. One that was presented before costs a look-up in memory: no hash, no I/O.</summary>
internal sealed class KeyVerifier(KeyTable keys, KeyRevocations revocations, TimeProvider time)
{
    // Some 60,000 keys.
    private const long MaxKnownBytes = 32 * 1024 * 1024;
    private const long MaxUnknownBytes = 4 * 1024 * 1024;
    private static readonly TimeSpan UnknownFor = TimeSpan.FromSeconds(10);

    private readonly BoundedCache<Known> _known = new(MaxKnownBytes, static known => known.Caller.Bytes);
    private readonly BoundedCache<long> _unknownUntil = new(MaxUnknownBytes, static _ => 0);

    /// <param name="key">What was presented.</param>
    /// <param name="now">UTC ticks.</param>
    /// <returns>Null where the key must be verified.</returns>
    public Caller? Find(ReadOnlySpan<char> key, long now) =>
        _known.TryGet(key, out var known) && now < known.ExpiresAt && revocations.AreCurrent(now) && StillHolds(known)
            ? known.Caller
            : null;

    /// <param name="key">What was presented.</param>
    public async ValueTask<Authentication> VerifyAsync(string key)
    {
        var now = time.GetUtcNow();
        if (!ApiKey.IsWellFormed(key) || (_unknownUntil.TryGet(key, out var until) && now.UtcTicks < until))
            return new(Verdict.Invalid);
        if (!await revocations.RenewAsync())
            return new(Verdict.Unavailable, RetryAfterSeconds: 1);
        if (Find(key, now.UtcTicks) is { } caller)
            return new(Verdict.Known, caller);
        try
        {
            return await ReadAsync(key, now);
        }
        catch (TableStoreException)
        {
            return new(Verdict.Unavailable, RetryAfterSeconds: 1);
        }
    }

    private bool StillHolds(Known known)
    {
        var position = revocations.Position;
        if (known.SeenRevocations == position)
            return true;
        if (revocations.MayInclude(known.Caller.KeyId!, known.SeenRevocations))
            return false;
        known.SeenRevocations = position;
        return true;
    }

    private async Task<Authentication> ReadAsync(string key, DateTimeOffset now)
    {
        // Before the read: a key revoked after it is among those that come next.
        var position = revocations.Position;
        var record = await keys.FindAsync(key, CancellationToken.None);
        if (record is null || record.Revoked is not null || record.Expires <= now)
        {
            _known.Remove(key);
            _unknownUntil.Set(key, (now + UnknownFor).UtcTicks);
            return new(Verdict.Invalid);
        }

        var known = new Known(record.ToCaller(), record.Expires?.UtcTicks ?? long.MaxValue) { SeenRevocations = position };
        _known.Set(key, known);
        return new(Verdict.Known, known.Caller);
    }

    private sealed class Known(Caller caller, long expiresAt)
    {
        private long _seenRevocations;

        public Caller Caller { get; } = caller;

        /// <summary>UTC ticks.</summary>
        public long ExpiresAt { get; } = expiresAt;

        /// <summary>The position up to which no revocation is of this key.</summary>
        public long SeenRevocations
        {
            get => Volatile.Read(ref _seenRevocations);
            set => Volatile.Write(ref _seenRevocations, value);
        }
    }
}

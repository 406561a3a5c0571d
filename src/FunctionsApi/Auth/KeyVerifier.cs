using FunctionsApi.Storage;

namespace FunctionsApi.Auth;

/// <summary>Verifies API keys. One that was presented before costs a look-up in memory: no hash, no I/O.</summary>
internal sealed class KeyVerifier(KeyTable keys, KeyRevision revision, TimeProvider time)
{
    private const int MaxKnown = 100_000;
    private const int MaxUnknown = 10_000;
    private static readonly TimeSpan UnknownFor = TimeSpan.FromSeconds(10);

    private readonly BoundedCache<Known> _known = new(MaxKnown);
    private readonly BoundedCache<long> _unknownUntil = new(MaxUnknown);

    /// <param name="header">The whole header, for that is the text that need not be cut up.</param>
    /// <param name="now">UTC ticks.</param>
    /// <returns>Null where the key must be verified.</returns>
    public Caller? Find(string header, long now) =>
        _known.TryGet(header, out var known)
        && now < known.ExpiresAt
        && revision.IsCurrent(now)
        && known.Generation == revision.Generation
            ? known.Caller
            : null;

    /// <param name="header">The whole header.</param>
    /// <param name="key">The key in it.</param>
    public async ValueTask<Authentication> VerifyAsync(string header, string key)
    {
        var now = time.GetUtcNow();
        if (!ApiKey.IsWellFormed(key) || (_unknownUntil.TryGet(key, out var until) && now.UtcTicks < until))
            return new(Verdict.Invalid);
        if (!await revision.RenewAsync())
            return new(Verdict.Unavailable, RetryAfterSeconds: 1);
        if (Find(header, now.UtcTicks) is { } caller)
            return new(Verdict.Known, caller);
        try
        {
            return await ReadAsync(header, key, now);
        }
        catch (TableStoreException)
        {
            return new(Verdict.Unavailable, RetryAfterSeconds: 1);
        }
    }

    private async Task<Authentication> ReadAsync(string header, string key, DateTimeOffset now)
    {
        // Before the read: a key revoked after it belongs to the next generation.
        var generation = revision.Generation;
        var record = await keys.FindAsync(key, CancellationToken.None);
        if (record is null || record.Revoked is not null || record.Expires <= now)
        {
            _known.Remove(header);
            _unknownUntil.Set(key, (now + UnknownFor).UtcTicks);
            return new(Verdict.Invalid);
        }

        var known = new Known(record.ToCaller(), record.Expires?.UtcTicks ?? long.MaxValue, generation);
        _known.Set(header, known);
        return new(Verdict.Known, known.Caller);
    }

    private sealed record Known(Caller Caller, long ExpiresAt, int Generation);
}

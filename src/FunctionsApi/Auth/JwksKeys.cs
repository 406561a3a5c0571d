using Microsoft.IdentityModel.Tokens;

namespace FunctionsApi.Auth;

/// <summary>
/// The public keys that a project publishes, kept and refreshed: every 10 minutes in the background, and at once when a
/// token names a key that is not among them, but never more than once in 30 s. Keys that cannot be refreshed stay in force.
/// </summary>
internal sealed partial class JwksKeys(Uri address, HttpClient client, TimeProvider time, ILogger<JwksKeys> logger)
{
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private Task? _reading;
    private long _triedAt = long.MinValue / 2;
    private string? _text;
    private volatile SecurityKey[]? _keys;
    private int _generation;

    /// <summary>Changes whenever the keys do; a token verified under another one must be verified again.</summary>
    public int Generation => Volatile.Read(ref _generation);

    /// <summary>Renews the keys in the background when they are due.</summary>
    /// <param name="now">UTC ticks.</param>
    public void RefreshWhenDue(long now)
    {
        if (now - Volatile.Read(ref _triedAt) >= RefreshInterval.Ticks)
            _ = ReadAsync();
    }

    /// <returns>The keys that a token may have been signed with; null where they could never be read.</returns>
    /// <param name="kid">The token's key id; null tries all keys.</param>
    public async ValueTask<IReadOnlyList<SecurityKey>?> FindAsync(string? kid)
    {
        RefreshWhenDue(Now);
        if (_keys is null || (Matching(kid).Count == 0 && !TriedLately))
            await ReadAsync();
        return _keys is null ? null : Matching(kid);
    }

    private long Now => time.GetUtcNow().UtcTicks;

    private bool TriedLately => Now - Volatile.Read(ref _triedAt) < MinInterval.Ticks;

    private List<SecurityKey> Matching(string? kid) => [.. _keys!.Where(key => kid is null || key.KeyId == kid)];

    private Task ReadAsync()
    {
        lock (_lock)
        {
            if (_reading is { IsCompleted: false } reading)
                return reading;
            if (TriedLately)
                return Task.CompletedTask;
            Volatile.Write(ref _triedAt, Now);
            return _reading = ReadOnceAsync();
        }
    }

    private async Task ReadOnceAsync()
    {
        try
        {
            var text = await client.GetStringAsync(address);
            if (text == _text)
                return;
            _keys = Parse(text);
            _text = text;
            Interlocked.Increment(ref _generation);
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException or ArgumentException)
        {
            Log.Unreadable(logger, address, exception.Message);
        }
    }

    // Only public keys: a symmetric one that was published is no secret.
    private static SecurityKey[] Parse(string text) =>
        [.. new JsonWebKeySet(text).GetSigningKeys().Where(key => key is RsaSecurityKey or ECDsaSecurityKey or X509SecurityKey
            or JsonWebKey { Kty: JsonWebAlgorithmsKeyTypes.RSA or JsonWebAlgorithmsKeyTypes.EllipticCurve })];

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The keys at {Address} cannot be read; those read before stay in force. {Reason}")]
        public static partial void Unreadable(ILogger logger, Uri address, string reason);
    }
}

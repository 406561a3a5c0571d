using System.Text;
using System.Text.Json;
using FunctionsApi.Settings;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace FunctionsApi.Auth;

/// <summary>Verifies JWTs as Supabase issues them: https://supabase.com/docs/guides/auth/jwt-fields</summary>
/// <param name="settings">Whose tokens.</param>
/// <param name="jwks">The project's public keys; null where RS256 and ES256 are refused.</param>
/// <param name="time">The clock for exp and nbf.</param>
internal sealed class JwtVerifier(SupabaseSettings settings, JwksKeys? jwks, TimeProvider time)
{
    private const int MaxKnown = 10_000;
    private const int MaxLength = 8 * 1024;
    private const string Audience = "authenticated";
    private static readonly TimeSpan Leeway = TimeSpan.FromSeconds(60);

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = MaxLength };
    private readonly BoundedCache<Known> _known = new(MaxKnown);

    /// <param name="header">The whole header.</param>
    /// <param name="now">UTC ticks.</param>
    /// <returns>Null where the token must be verified.</returns>
    public Caller? Find(string header, long now)
    {
        if (!_known.TryGet(header, out var known) || now >= known.ExpiresAt)
            return null;
        jwks?.RefreshWhenDue(now);
        return known.Generation == Generation ? known.Caller : null;
    }

    /// <param name="header">The whole header.</param>
    /// <param name="text">The token in it.</param>
    public async ValueTask<Authentication> VerifyAsync(string header, string text)
    {
        if (Parse(text) is not { } token)
            return new(Verdict.Invalid);
        var generation = Generation;
        if (await KeysForAsync(token) is not { } keys)
            return new(Verdict.Unavailable, RetryAfterSeconds: 30);
        if (keys.Count == 0 || !(await _handler.ValidateTokenAsync(token, Requirements(token, keys))).IsValid || CallerOf(token) is not { } caller)
            return new(Verdict.Invalid);
        _known.Set(header, new(caller, (token.ValidTo + Leeway).Ticks, generation));
        return new(Verdict.Known, caller);
    }

    private int Generation => jwks?.Generation ?? 0;

    private static JsonWebToken? Parse(string text)
    {
        if (text.Length > MaxLength)
            return null;
        try
        {
            var token = new JsonWebToken(text);
            // RFC 7515, section 4.1.11: an extension that must be understood and is not.
            return token.TryGetHeaderValue<object>("crit", out _) ? null : token;
        }
        catch (Exception exception) when (exception is ArgumentException or SecurityTokenException or JsonException or FormatException)
        {
            return null;
        }
    }

    // The algorithm chooses among kinds of keys that are kept apart, so that a public key is never taken for a secret.
    private async ValueTask<IReadOnlyList<SecurityKey>?> KeysForAsync(JsonWebToken token) => token.Alg switch
    {
        SecurityAlgorithms.HmacSha256 when settings.JwtSecret is { } secret =>
            [new SymmetricSecurityKey(Encoding.UTF8.GetBytes(secret))],
        SecurityAlgorithms.RsaSha256 or SecurityAlgorithms.EcdsaSha256 when jwks is not null =>
            await jwks.FindAsync(string.IsNullOrEmpty(token.Kid) ? null : token.Kid),
        _ => [],
    };

    private TokenValidationParameters Requirements(JsonWebToken token, IReadOnlyList<SecurityKey> keys) => new()
    {
        ValidAlgorithms = [token.Alg],
        IssuerSigningKeys = keys,
        ValidIssuer = settings.Issuer,
        ValidAudience = Audience,
        RequireSignedTokens = true,
        LifetimeValidator = (notBefore, expires, _, _) => IsAlive(notBefore, expires),
    };

    private bool IsAlive(DateTime? notBefore, DateTime? expires)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return expires is { } end && now < end + Leeway && (notBefore is not { } start || now >= start - Leeway);
    }

    private static Caller? CallerOf(JsonWebToken token) =>
        token.TryGetPayloadValue<JsonElement>("app_metadata", out var metadata)
        && metadata.ValueKind == JsonValueKind.Object
        && metadata.TryGetProperty("tenant_id", out var tenant)
        && tenant.ValueKind == JsonValueKind.String
        && Names.IsTenant(tenant.GetString()!)
        && Names.IsUser(token.Subject)
            ? new(tenant.GetString()!, token.Subject, keyId: null)
            : null;

    private sealed record Known(Caller Caller, long ExpiresAt, int Generation);
}

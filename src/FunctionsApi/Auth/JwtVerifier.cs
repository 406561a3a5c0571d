using System.Text;
using System.Text.Json;
using FunctionsApi.Caches;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Tokens;

namespace FunctionsApi.Auth;

/// <summary>Verifies JWTs as Supabase issues them: https://supabase.com/docs/guides/auth/jwt-fields</summary>
/// <param name="issuer">The <c>iss</c> that a token must have; a slash at the end of either makes no difference.</param>
/// <param name="secret">Verifies HS256; null refuses it.</param>
/// <param name="published">The project's public keys; null where RS256 and ES256 are refused.</param>
/// <param name="time">The clock for exp and nbf.</param>
/// <param name="logger">Is told once of each way in which genuine tokens are refused, for that is most often the configuration's fault.</param>
internal sealed partial class JwtVerifier(
    string issuer, string? secret, ConfigurationManager<PublishedKeys>? published, TimeProvider time, ILogger<JwtVerifier> logger)
{
    /// <summary>As long as all headers of a request together may be, so that a genuine token is never too long.</summary>
    public const int MaxLength = 32 * 1024;

    private const long MaxKnownBytes = 16 * 1024 * 1024;
    private const string Audience = "authenticated";
    private static readonly TimeSpan Leeway = TimeSpan.FromSeconds(60);

    // After that it is verified again, so that a token whose key was withdrawn does not outlive it by long.
    private static readonly TimeSpan RememberedFor = TimeSpan.FromMinutes(5);

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = MaxLength };
    private readonly BoundedCache<Known> _known = new(MaxKnownBytes, static known => known.Caller.Bytes);
    private int _toldOf;

    /// <param name="text">The token.</param>
    /// <param name="now">UTC ticks.</param>
    /// <returns>Null where the token must be verified.</returns>
    public Caller? Find(ReadOnlySpan<char> text, long now) =>
        _known.TryGet(text, out var known) && now < known.ExpiresAt ? known.Caller : null;

    /// <param name="text">The token.</param>
    public async ValueTask<Authentication> VerifyAsync(string text)
    {
        if (Parse(text) is not { } token)
            return new(Verdict.Invalid);
        if (await RequirementsAsync(token) is not { } requirements)
            return new(Verdict.Unavailable, RetryAfterSeconds: 30);
        var result = await _handler.ValidateTokenAsync(token, requirements);
        if (!result.IsValid)
        {
            TellOfNearMiss(token, result.Exception);
            return new(Verdict.Invalid);
        }

        if (CallerOf(token) is not { } caller)
        {
            TellOnce(NearMiss.Tenant, "it names no tenant that could be one in app_metadata.tenant_id, or no user in sub");
            return new(Verdict.Invalid);
        }

        var now = time.GetUtcNow();
        _known.Set(text, new(caller, Math.Min(token.ValidTo.Ticks, (now + RememberedFor - Leeway).UtcTicks) + Leeway.Ticks));
        return new(Verdict.Known, caller);
    }

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
    private async ValueTask<TokenValidationParameters?> RequirementsAsync(JsonWebToken token)
    {
        var requirements = new TokenValidationParameters
        {
            ValidAlgorithms = [token.Alg],
            IssuerValidator = (name, _, _) => WithoutSlash(name) == WithoutSlash(issuer) ? name : throw new SecurityTokenInvalidIssuerException(),
            ValidAudience = Audience,
            RequireSignedTokens = true,
            TryAllIssuerSigningKeys = string.IsNullOrEmpty(token.Kid),
            LifetimeValidator = (notBefore, expires, _, _) => IsAlive(notBefore, expires),
        };
        if (token.Alg == SecurityAlgorithms.HmacSha256 && secret is not null)
            requirements.IssuerSigningKey = new SymmetricSecurityKey(Encoding.UTF8.GetBytes(secret));
        else if (token.Alg is SecurityAlgorithms.RsaSha256 or SecurityAlgorithms.EcdsaSha256 && published is not null)
        {
            if (!await CanBeReadAsync(published))
                return null;
            requirements.ConfigurationManager = published;
        }

        return requirements;
    }

    private static async Task<bool> CanBeReadAsync(ConfigurationManager<PublishedKeys> keys)
    {
        try
        {
            await keys.GetConfigurationAsync(CancellationToken.None);
            return true;
        }
        catch (InvalidOperationException)
        {
            // They never could be. Its reader has logged why.
            return false;
        }
    }

    private bool IsAlive(DateTime? notBefore, DateTime? expires)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return expires is { } end && now - Leeway < end && (notBefore is not { } start || now + Leeway >= start);
    }

    private static string WithoutSlash(string text) => text.TrimEnd('/');

    private static Caller? CallerOf(JsonWebToken token) =>
        token.TryGetPayloadValue<JsonElement>("app_metadata", out var metadata)
        && metadata.ValueKind == JsonValueKind.Object
        && metadata.TryGetProperty("tenant_id", out var tenant)
        && tenant.ValueKind == JsonValueKind.String
        && Names.IsTenant(tenant.GetString()!)
        && Names.IsUser(token.Subject)
            ? new(tenant.GetString()!, token.Subject, keyId: null)
            : null;

    // The signature is verified first: a token that gets here was signed by the project.
    private void TellOfNearMiss(JsonWebToken token, Exception exception)
    {
        if (exception is SecurityTokenInvalidIssuerException)
            TellOnce(NearMiss.Issuer, $"its iss is '{token.Issuer}', and Auth__Supabase__Issuer is '{issuer}'");
        else if (exception is SecurityTokenInvalidAudienceException)
            TellOnce(NearMiss.Audience, $"its aud is '{string.Join(", ", token.Audiences)}' and not '{Audience}'");
    }

    private void TellOnce(NearMiss what, string reason)
    {
        if ((Interlocked.Or(ref _toldOf, (int)what) & (int)what) == 0)
            Log.Refused(logger, reason);
    }

    [Flags]
    private enum NearMiss
    {
        Issuer = 1,
        Audience = 2,
        Tenant = 4,
    }

    /// <param name="Caller">Who presented it.</param>
    /// <param name="ExpiresAt">UTC ticks.</param>
    private sealed record Known(Caller Caller, long ExpiresAt);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "A token that the project signed was refused, because {Reason}. This is told once")]
        public static partial void Refused(ILogger logger, string reason);
    }
}

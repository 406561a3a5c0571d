using System.Buffers.Text;
using System.Text;
using Microsoft.Extensions.Options;

namespace FunctionsApi.Settings;

/// <summary>Whose JWTs are believed: the settings <c>Auth__Supabase__…</c>.</summary>
internal sealed record SupabaseOptions
{
    public const string Section = "Auth:Supabase";

    /// <summary>The <c>iss</c> that a token must have, for example <c>https://abc.supabase.co/auth/v1</c>; null refuses JWTs.</summary>
    public string? Issuer { get; set; }

    /// <summary>Verifies HS256; null refuses it.</summary>
    public string? JwtSecret { get; set; }

    /// <summary>Where the keys for RS256 and ES256 are; null refuses both.</summary>
    public string? JwksUri { get; set; }

    /// <summary>The project's public key (<c>anon</c> or <c>sb_publishable_…</c>), with which the usage page lets people sign in; null: it does not.</summary>
    public string? PublicKey { get; set; }

    /// <summary>Holds no secret.</summary>
    public override string ToString() => Issuer ?? "";
}

/// <summary>Whether tokens can be verified by what is said of them.</summary>
internal sealed class SupabaseOptionsValidator : IValidateOptions<SupabaseOptions>
{
    public ValidateOptionsResult Validate(string? name, SupabaseOptions options)
    {
        var wrong = new ValidateOptionsResultBuilder();
        var (issuer, secret, jwks) = (options.Issuer, options.JwtSecret, options.JwksUri);
        if (issuer is null && (secret is not null || jwks is not null || options.PublicKey is not null))
            wrong.AddError("Auth__Supabase__Issuer is missing: set it to the iss of the project's tokens, as https://<project>.supabase.co/auth/v1.");
        if (issuer is not null && secret is null && jwks is null)
            wrong.AddError("Auth__Supabase__JwtSecret is missing, and so is Auth__Supabase__JwksUri: set either, or both, or unset the issuer.");
        if (secret is { Length: < 32 })
            wrong.AddError("Auth__Supabase__JwtSecret is shorter than the 32 characters that HS256 needs: copy the project's JWT secret whole.");
        if (jwks is not null && !IsSafe(jwks))
            wrong.AddError("Auth__Supabase__JwksUri is not an address that begins with https:// (or http:// for one on this machine): correct it.");
        if (options.PublicKey is { } key && MistakeOf(key, issuer) is { } mistake)
            wrong.AddError(mistake);
        return wrong.Build();
    }

    // Null is no error.
    private static string? MistakeOf(string publicKey, string? issuer)
    {
        if (IsSecret(publicKey))
            return "Auth__Supabase__PublicKey is a secret, and the usage page would show it to everybody: set it to the project's anon or publishable key, and have this one replaced where it was used.";
        return issuer is null || IsSafe(issuer)
            ? null
            : "Auth__Supabase__PublicKey lets people sign in at Auth__Supabase__Issuer, which does not begin with https:// (or http:// for one on this machine): correct the issuer, or unset the key.";
    }

    // Supabase's keys for servers: https://supabase.com/docs/guides/api/api-keys
    private static bool IsSecret(string key)
    {
        if (key.StartsWith("sb_secret_", StringComparison.Ordinal))
            return true;
        if (key.Split('.') is not [_, var claims, _] || !Base64Url.IsValid(claims))
            return false;
        return Encoding.UTF8.GetString(Base64Url.DecodeFromChars(claims)).Contains("service_role", StringComparison.Ordinal);
    }

    private static bool IsSafe(string text) => Uri.TryCreate(text, UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback));
}

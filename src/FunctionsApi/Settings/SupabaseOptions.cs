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
        if (issuer is null && (secret is not null || jwks is not null))
            wrong.AddError("Auth__Supabase__Issuer is missing: set it to the iss of the project's tokens, as https://<project>.supabase.co/auth/v1.");
        if (issuer is not null && secret is null && jwks is null)
            wrong.AddError("Auth__Supabase__JwtSecret is missing, and so is Auth__Supabase__JwksUri: set either, or both, or unset the issuer.");
        if (secret is { Length: < 32 })
            wrong.AddError("Auth__Supabase__JwtSecret is shorter than the 32 characters that HS256 needs: copy the project's JWT secret whole.");
        if (jwks is not null && !IsSafe(jwks))
            wrong.AddError("Auth__Supabase__JwksUri is not an address that begins with https:// (or http:// for one on this machine): correct it.");
        return wrong.Build();
    }

    private static bool IsSafe(string text) => Uri.TryCreate(text, UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback));
}

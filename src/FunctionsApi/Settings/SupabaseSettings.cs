namespace FunctionsApi.Settings;

/// <summary>Whose JWTs are believed.</summary>
/// <param name="Issuer">The <c>iss</c> that a token must have, for example <c>https://abc.supabase.co/auth/v1</c>.</param>
/// <param name="JwtSecret">Verifies HS256; null refuses it.</param>
/// <param name="JwksUri">Where the keys for RS256 and ES256 are; null refuses both.</param>
internal sealed record SupabaseSettings(string Issuer, string? JwtSecret, Uri? JwksUri);

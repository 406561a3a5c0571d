using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace FunctionsApi.Benchmarks.Clusters;

/// <summary>JWTs of users of one tenant, as Supabase issues them.</summary>
internal static class Credentials
{
    public const string Tenant = "bench";

    private const string Issuer = "https://bench.test/auth/v1";
    private const string Secret = "a secret that is long enough for HS256 and protects nothing";

    // After any run of this.
    private const long Expires = 4_000_000_000;

    private static readonly string Head = Base64Url.EncodeToString("""{"alg":"HS256","typ":"JWT"}"""u8);

    /// <summary>What makes a server believe them.</summary>
    public static IReadOnlyDictionary<string, string?> Settings { get; } = new Dictionary<string, string?>
    {
        ["Auth__Supabase__Issuer"] = Issuer,
        ["Auth__Supabase__JwtSecret"] = Secret,
    };

    /// <returns>Those of as many users.</returns>
    public static string[] Of(string users, int count) => [.. Enumerable.Range(0, count).Select(place => Of($"{users}-{place}"))];

    /// <returns>The value of the Authorization header.</returns>
    public static string Of(string user)
    {
        var claims = $$$"""{"iss":"{{{Issuer}}}","aud":"authenticated","exp":{{{Expires}}},"sub":"{{{user}}}","app_metadata":{"tenant_id":"{{{Tenant}}}"}}""";
        var signed = $"{Head}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}";
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.ASCII.GetBytes(signed));
        return $"Bearer {signed}.{Base64Url.EncodeToString(signature)}";
    }
}

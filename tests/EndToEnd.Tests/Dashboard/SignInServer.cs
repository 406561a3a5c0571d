using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FunctionsApi.EndToEnd.Tests.Dashboard;

/// <summary>Stands in for the authentication of a Supabase project: one person, one password.</summary>
public sealed class SignInServer : IAsyncDisposable
{
    public const string Email = "ann@acme.example", Password = "correct horse", PublicKey = "sb_publishable_test";

    private const string Secret = "a-secret-of-at-least-32-characters", User = "5b2f8a3e-1111-4222-8333-444455556666";

    private readonly WebApplication _app;
    private string _renewal = "";
    private int _grants;
    private int _ended;

    private SignInServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Use((http, next) =>
        {
            http.Response.Headers.AccessControlAllowOrigin = "*";
            http.Response.Headers.AccessControlAllowHeaders = "apikey, authorization, content-type";
            return http.Request.Method == "OPTIONS" ? Task.CompletedTask : next(http);
        });
        _app.MapPost("/auth/v1/token", GrantAsync);
        _app.MapPost("/auth/v1/logout", () => Interlocked.Increment(ref _ended));
    }

    /// <summary>How long a token holds, as it says.</summary>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Tokens given so far.</summary>
    public int Grants => Volatile.Read(ref _grants);

    /// <summary>Sessions ended so far.</summary>
    public int Ended => Volatile.Read(ref _ended);

    /// <summary>The settings of a server that believes its tokens.</summary>
    public (string Name, string Value)[] Settings =>
        [("Auth__Supabase__Issuer", Issuer), ("Auth__Supabase__JwtSecret", Secret), ("Auth__Supabase__PublicKey", PublicKey)];

    private string Issuer => $"{_app.Urls.Single()}/auth/v1";

    public static async Task<SignInServer> StartAsync()
    {
        var server = new SignInServer();
        await server._app.StartAsync();
        return server;
    }

    /// <summary>A token as it gives them.</summary>
    public string Token()
    {
        var head = Base64Url("""{"alg":"HS256","typ":"JWT"}"""u8);
        var claims = Base64Url(JsonSerializer.SerializeToUtf8Bytes(new
        {
            iss = Issuer,
            aud = "authenticated",
            sub = User,
            exp = TimeProvider.System.GetUtcNow().AddHours(1).ToUnixTimeSeconds(),
            app_metadata = new { tenant_id = "acme" },
        }));
        return $"{head}.{claims}.{Base64Url(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.ASCII.GetBytes($"{head}.{claims}")))}";
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task GrantAsync(HttpContext http)
    {
        var body = await JsonSerializer.DeserializeAsync<JsonElement>(http.Request.Body);
        var isRight = http.Request.Headers["apikey"] == PublicKey && (string?)http.Request.Query["grant_type"] switch
        {
            "password" => body.GetProperty("email").GetString() == Email && body.GetProperty("password").GetString() == Password,
            // Each is taken once.
            "refresh_token" => body.GetProperty("refresh_token").GetString() == _renewal,
            _ => false,
        };
        if (!isRight)
        {
            http.Response.StatusCode = 400;
            await http.Response.WriteAsJsonAsync(new { code = 400, error_code = "invalid_credentials", msg = "Invalid login credentials" });
            return;
        }

        Interlocked.Increment(ref _grants);
        _renewal = Guid.NewGuid().ToString("N");
        await http.Response.WriteAsJsonAsync(new { access_token = Token(), token_type = "bearer", expires_in = Lifetime.TotalSeconds, refresh_token = _renewal });
    }

    private static string Base64Url(ReadOnlySpan<byte> bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}

using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;

namespace FunctionsApi.Tests.Auth;

/// <summary>Publishes keys, as a Supabase project does.</summary>
internal sealed class JwksServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private volatile string _keys = """{"keys":[]}""";
    private volatile bool _fails;
    private int _reads;

    private JwksServer(WebApplication app)
    {
        _app = app;
        app.MapGet("/jwks.json", http =>
        {
            Interlocked.Increment(ref _reads);
            http.Response.StatusCode = _fails ? 500 : 200;
            return http.Response.WriteAsync(_keys);
        });
    }

    public string Address => $"{_app.Urls.Single()}/jwks.json";

    public int Reads => Volatile.Read(ref _reads);

    public bool Fails { set => _fails = value; }

    public static async Task<JwksServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new JwksServer(builder.Build());
        await server._app.StartAsync(TestHost.Cancelled);
        return server;
    }

    public void Publish(params ReadOnlySpan<JsonObject> keys)
    {
        var array = new JsonArray();
        foreach (var key in keys)
            array.Add(key);
        _keys = new JsonObject { ["keys"] = array }.ToJsonString();
    }

    public static JsonObject Public(RSA key, string kid)
    {
        var parameters = key.ExportParameters(includePrivateParameters: false);
        return new()
        {
            ["kty"] = "RSA",
            ["kid"] = kid,
            ["alg"] = "RS256",
            ["use"] = "sig",
            ["n"] = Base64UrlEncoder.Encode(parameters.Modulus),
            ["e"] = Base64UrlEncoder.Encode(parameters.Exponent),
        };
    }

    public static JsonObject Public(ECDsa key, string kid)
    {
        var parameters = key.ExportParameters(includePrivateParameters: false);
        return new()
        {
            ["kty"] = "EC",
            ["crv"] = "P-256",
            ["kid"] = kid,
            ["alg"] = "ES256",
            ["x"] = Base64UrlEncoder.Encode(parameters.Q.X),
            ["y"] = Base64UrlEncoder.Encode(parameters.Q.Y),
        };
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

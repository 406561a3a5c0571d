using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using FunctionsApi.Auth;
using FunctionsApi.Tests.Api;
using FunctionsApi.Tests.Infer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Auth;

public sealed class JwtTests : IAsyncLifetime
{
    // Slow to make.
    private static readonly RSA Rsa = RSA.Create(2048);
    private static readonly RSA OtherRsa = RSA.Create(2048);
    private static readonly ECDsa Ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private JwksServer _jwks = null!;
    private TestHost _host = null!;

    private Token Good => Token.At(_host.Time.GetUtcNow());

    public async ValueTask InitializeAsync()
    {
        _jwks = await JwksServer.StartAsync();
        _jwks.Publish(JwksServer.Public(Rsa, "rsa-1"), JwksServer.Public(Ec, "ec-1"));
        _host = await TestHost.StartAsync(
            new()
            {
                ["Auth:Supabase:Issuer"] = Token.Issuer,
                ["Auth:Supabase:JwtSecret"] = Token.Secret,
                ["Auth:Supabase:JwksUri"] = _jwks.Address,
            },
            functions: StandIns.All);
        await _host.SubscribeAsync("acme", "pro", "pro");
    }

    [Fact]
    public async Task A_token_signed_as_Supabase_signs_is_believed()
    {
        (await StatusAsync(Good)).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(Good.SignedBy(Rsa, "rsa-1"))).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(Good.SignedBy(Ec, "ec-1"))).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(Good.SignedBy(Rsa, kid: null))).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(Good.With("aud", new JsonArray("other", "authenticated")))).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_token_that_is_wrong_in_anything_is_refused()
    {
        var modulus = Encoding.UTF8.GetBytes(Rsa.ExportSubjectPublicKeyInfoPem());
        (string Name, string Token)[] attacks =
        [
            ("alg none", Unsigned("none")),
            ("alg None", Unsigned("None")),
            ("alg empty", Unsigned("")),
            ("no alg", (Good with { Header = [] }).ToString()),
            ("alg of another length", Good.Headed("alg", "HS512").ToString()),
            ("alg RS512", Good.SignedBy(Rsa, "rsa-1").Headed("alg", "RS512").ToString()),
            ("HS256 by the public key", (Good.Headed("kid", "rsa-1") with { Sign = text => HMACSHA256.HashData(modulus, text) }).ToString()),
            ("RS256 by the secret", Good.Headed("alg", "RS256").ToString()),
            ("HS256 with an RSA signature", Good.SignedBy(Rsa, "rsa-1").Headed("alg", "HS256").ToString()),
            ("ES256 naming the RSA key", Good.SignedBy(Ec, "rsa-1").ToString()),
            ("a stranger's key", Good.SignedBy(OtherRsa, "rsa-1").ToString()),
            ("a key in the token", Good.SignedBy(OtherRsa, "x").Headed("jwk", JwksServer.Public(OtherRsa, "x")).ToString()),
            ("a key address in the token", Good.SignedBy(OtherRsa, "x").Headed("jku", "https://evil.example/jwks").ToString()),
            ("another secret", (Good with { Sign = text => HMACSHA256.HashData(new byte[32], text) }).ToString()),
            ("no signature", Good.ToString()[..(Good.ToString().LastIndexOf('.') + 1)]),
            ("cut", Good.ToString()[..^10]),
            ("other payload", Swapped()),
            ("critical extension", Good.Headed("crit", new JsonArray("b64")).Headed("b64", false).ToString()),
            ("other issuer", Good.With("iss", "https://evil.example").ToString()),
            ("issuer as prefix", Good.With("iss", Token.Issuer + ".evil.example").ToString()),
            ("no issuer", Good.Without("iss").ToString()),
            ("other audience", Good.With("aud", "anon").ToString()),
            ("no audience", Good.Without("aud").ToString()),
            ("no exp", Good.Without("exp").ToString()),
            ("exp as text", Good.With("exp", "soon").ToString()),
            ("no sub", Good.Without("sub").ToString()),
            ("empty sub", Good.With("sub", "").ToString()),
            ("no tenant", Good.Without("app_metadata").ToString()),
            ("tenant by the user", Good.Without("app_metadata").With("user_metadata", new JsonObject { ["tenant_id"] = "acme" }).ToString()),
            ("tenant as number", Good.With("app_metadata", new JsonObject { ["tenant_id"] = 1 }).ToString()),
            ("tenant with a slash", Good.With("app_metadata", new JsonObject { ["tenant_id"] = "acme/alice" }).ToString()),
            ("app_metadata as text", Good.With("app_metadata", "acme").ToString()),
            ("encrypted", "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0..AAAA.AAAA.AAAA"),
            ("not base64", "%%%.%%%.%%%"),
            ("dots", ".."),
            ("payload no JSON", $"{Base64UrlEncoder.Encode("{}")}.{Base64UrlEncoder.Encode("[1")}.AAAA"),
        ];

        foreach (var few in attacks.Chunk(GuessLimiter.Limit))
        {
            foreach (var (name, token) in few)
                (await StatusAsync(token)).ShouldBe(HttpStatusCode.Unauthorized, name);
            // Or the address would have guessed too often.
            await DisposeAsync();
            await InitializeAsync();
        }
    }

    [Fact]
    public async Task A_genuine_token_may_be_as_long_as_the_server_takes_headers() =>
        (await StatusAsync(Good.With("padding", new string('x', 20_000)))).ShouldBe(HttpStatusCode.OK);

    [Fact]
    public async Task A_slash_at_the_end_of_the_issuer_makes_no_difference()
    {
        (await StatusAsync(Good.With("iss", Token.Issuer + "/"))).ShouldBe(HttpStatusCode.OK);
        await using var host = await TestHost.StartAsync(
            new() { ["Auth:Supabase:Issuer"] = Token.Issuer + "/", ["Auth:Supabase:JwtSecret"] = Token.Secret }, functions: StandIns.All);
        await host.SubscribeAsync("acme", "pro", "pro");
        using var client = host.ClientWith(Token.At(host.Time.GetUtcNow()).ToString());
        using var response = await client.PostAsync(StandIns.Crawl, new StringContent("{}", null, "application/json"), TestHost.Cancelled);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_genuine_token_that_does_not_fit_the_configuration_is_told_of_once_and_a_forged_one_not_at_all()
    {
        using var logs = new Logs();
        _host.Services.GetRequiredService<ILoggerFactory>().AddProvider(logs);
        var forged = Good.With("iss", "https://evil.example") with { Sign = text => HMACSHA256.HashData(new byte[32], text) };
        (await StatusAsync(forged)).ShouldBe(HttpStatusCode.Unauthorized);
        Warnings().ShouldBeEmpty();

        foreach (var token in (Token[])[Good.With("iss", "https://other.example"), Good.With("aud", "anon"), Good.Without("app_metadata")])
            for (var i = 0; i < 2; i++)
                (await StatusAsync(token)).ShouldBe(HttpStatusCode.Unauthorized);
        Warnings().ShouldBe(
        [
            "Warning A token that the project signed was refused, because its iss is 'https://other.example', and Auth__Supabase__Issuer is "
                + $"'{Token.Issuer}'. This is told once",
            "Warning A token that the project signed was refused, because its aud is 'anon' and not 'authenticated'. This is told once",
            "Warning A token that the project signed was refused, because it names no tenant that could be one in app_metadata.tenant_id, or no user in sub. This is told once",
        ]);

        IEnumerable<string> Warnings() => logs.Lines.Select(line => line.Trim()).Where(line => line.StartsWith("Warning", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("exp", -59, HttpStatusCode.OK)]
    [InlineData("exp", -60, HttpStatusCode.Unauthorized)]
    [InlineData("nbf", 60, HttpStatusCode.OK)]
    [InlineData("nbf", 61, HttpStatusCode.Unauthorized)]
    public async Task Clocks_may_differ_by_a_minute(string claim, int seconds, HttpStatusCode status) =>
        (await StatusAsync(Good.With(claim, _host.Time.GetUtcNow().AddSeconds(seconds).ToUnixTimeSeconds()))).ShouldBe(status);

    [Fact]
    public async Task A_verified_token_is_remembered_no_longer_than_it_lives()
    {
        var token = Good.ToString();
        (await StatusAsync(token)).ShouldBe(HttpStatusCode.OK);
        _host.Time.Advance(TimeSpan.FromMinutes(61) - TimeSpan.FromSeconds(1));
        (await StatusAsync(token)).ShouldBe(HttpStatusCode.OK);
        _host.Time.Advance(TimeSpan.FromSeconds(1));
        (await StatusAsync(token)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_new_key_is_found_when_a_token_names_it_and_keys_are_not_read_for_every_unknown_name()
    {
        (await StatusAsync(Good.SignedBy(Rsa, "rsa-1"))).ShouldBe(HttpStatusCode.OK);
        _jwks.Publish(JwksServer.Public(OtherRsa, "rsa-2"));
        (await StatusAsync(Good.SignedBy(OtherRsa, "rsa-2"))).ShouldBe(HttpStatusCode.OK);
        for (var i = 0; i < 10; i++)
            await StatusAsync(Good.SignedBy(OtherRsa, $"none-{i}"));
        _jwks.Reads.ShouldBe(2);
    }

    [Fact]
    public async Task A_token_whose_key_was_withdrawn_is_refused_although_it_was_remembered()
    {
        var token = Good.SignedBy(Rsa, "rsa-1").ToString();
        (await StatusAsync(token)).ShouldBe(HttpStatusCode.OK);
        _jwks.Publish(JwksServer.Public(OtherRsa, "rsa-2"));
        (await StatusAsync(Good.SignedBy(OtherRsa, "rsa-2"))).ShouldBe(HttpStatusCode.OK);
        _host.Time.Advance(TimeSpan.FromMinutes(5));
        (await StatusAsync(token)).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(Good.SignedBy(OtherRsa, "rsa-2"))).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Keys_that_were_read_stay_in_force_while_their_address_fails()
    {
        (await StatusAsync(Good.SignedBy(Rsa, "rsa-1"))).ShouldBe(HttpStatusCode.OK);
        _jwks.Fails = true;
        (await StatusAsync(Good.SignedBy(OtherRsa, "rsa-2"))).ShouldBe(HttpStatusCode.Unauthorized);
        _jwks.Reads.ShouldBeGreaterThan(1);
        (await StatusAsync(Good.SignedBy(Rsa, "rsa-1"))).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(Good.SignedBy(Ec, "ec-1"))).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_token_cannot_be_judged_before_the_keys_were_ever_read()
    {
        _jwks.Fails = true;
        (await StatusAsync(Good.SignedBy(Rsa, "rsa-1"))).ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await StatusAsync(Good)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Tokens_are_refused_where_no_issuer_is_set()
    {
        await using var host = await TestHost.StartAsync(functions: StandIns.All);
        using var client = host.ClientWith(Token.At(host.Time.GetUtcNow()).ToString());
        using var response = await client.PostAsync(StandIns.Crawl, new StringContent("{}", null, "application/json"), TestHost.Cancelled);
        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Dashboard_users_share_their_tenants_agents_limit_and_have_inference_limits_of_their_own()
    {
        (await RemainingAsync(StandIns.Crawl, Good)).ShouldBe("49");
        (await RemainingAsync(StandIns.Crawl, Good.With("sub", "bob"))).ShouldBe("48");
        (await RemainingAsync(StandIns.Infer, Good)).ShouldBe("119");
        (await RemainingAsync(StandIns.Infer, Good.With("sub", "bob"))).ShouldBe("119");
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _jwks.DisposeAsync();
    }

    private string Unsigned(string algorithm) => (Good.Headed("alg", algorithm) with { Sign = _ => [] }).ToString();

    private string Swapped()
    {
        var parts = Good.ToString().Split('.');
        return $"{parts[0]}.{Good.With("sub", "mallory").ToString().Split('.')[1]}.{parts[2]}";
    }

    private Task<HttpStatusCode> StatusAsync(Token token) => StatusAsync(token.ToString());

    private async Task<HttpStatusCode> StatusAsync(string token)
    {
        using var response = await PostAsync(StandIns.Crawl, token);
        return response.StatusCode;
    }

    private async Task<string> RemainingAsync(string path, Token token)
    {
        using var response = await PostAsync(path, token.ToString());
        return response.Headers.GetValues("X-RateLimit-Remaining").Single();
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string token)
    {
        using var client = _host.ClientWith(token);
        return await client.PostAsync(path, new StringContent("{}", null, "application/json"), TestHost.Cancelled);
    }
}

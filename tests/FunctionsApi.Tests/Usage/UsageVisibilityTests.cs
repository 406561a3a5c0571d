using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsApi.Auth;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Usage;

/// <summary>Whose usage a caller sees: a key its own, a signed-in user that of the tenant and of its keys.</summary>
public sealed class UsageVisibilityTests : UsageReportTests
{
    private const string Secret = "a-secret-of-at-least-32-characters";

    private static readonly Dictionary<string, string?> TokenSettings = new()
    {
        ["Auth:Supabase:Issuer"] = "https://project.supabase.co/auth/v1",
        ["Auth:Supabase:JwtSecret"] = Secret,
    };

    [Fact]
    public async Task A_signed_in_user_sees_the_whole_tenants_consumption_and_nobody_elses()
    {
        await using var host = await TestHost.StartAsync(TokenSettings);
        await host.SubscribeAsync("acme", agents: "pro");
        using var alice = await host.ClientAsync("acme", "alice");
        using var bob = await host.ClientAsync("acme", "bob");
        using var stranger = await host.ClientAsync("other", "eve", agents: "free");
        using var dashboard = host.ClientWith(Token("acme", host.Time.GetUtcNow()));
        foreach (var client in new[] { alice, bob, stranger, dashboard })
            (await client.GetAsync("/api/v1/knowledge/search?q=quota", Cancel)).EnsureSuccessStatusCode();

        var report = await ReportAsync(dashboard);

        Lines(report, "totals").ShouldHaveSingleItem()["admitted"]!.GetValue<long>().ShouldBe(3);
        report["key"].ShouldBeNull();
    }

    [Fact]
    public async Task A_subscription_to_inference_alone_is_enough()
    {
        await using var host = await TestHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", inference: "team");
        await client.PostAsJsonAsync("/infer", new { deployment_id = "echo", inputs = new { } }, Cancel);

        using var response = await client.GetAsync("/api/v1/usage", Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.GetValues("X-RateLimit-Limit").ShouldBe(["300"]);
        var report = (await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!;
        Lines(report, "totals").ShouldHaveSingleItem()["endpoint"]!.ToString().ShouldBe("infer");
        Lines(report, "limits").ShouldHaveSingleItem()["remaining"]!.GetValue<int>().ShouldBe(299);
    }

    [Fact]
    public async Task A_signed_in_user_sees_the_usage_of_each_key_and_can_look_at_one_with_its_limits()
    {
        await using var host = await TestHost.StartAsync(TokenSettings);
        await host.SubscribeAsync("acme", agents: "pro");
        var key = await host.KeyAsync("acme", "alice");
        var id = KeyRecord.IdOf(ApiKey.Hash(key));
        using var alice = host.ClientWith(key);
        using var dashboard = host.ClientWith(Token("acme", host.Time.GetUtcNow()));
        await SearchAsync(alice, 2);
        await SearchAsync(dashboard, 1);

        var report = await ReportAsync(dashboard);
        report["keys"]!.AsArray().Select(of => $"{of!["key"]} {of["prefix"]} {of["user"]} {of["totals"]![0]!["admitted"]}").ShouldBe(
            [$"{id} {ApiKey.DisplayPrefix(key)} alice 2", "dashboard   1"]);

        var one = await ReportAsync(dashboard, $"?key={id}");
        one["key"]!.ToString().ShouldBe(id);
        one["keys"].ShouldBeNull();
        Lines(one, "totals").ShouldHaveSingleItem()["admitted"]!.GetValue<long>().ShouldBe(2);
        Lines(one, "limits")[0]["remaining"]!.GetValue<int>().ShouldBe(9_998);

        var users = await ReportAsync(dashboard, "?key=dashboard");
        Lines(users, "totals").ShouldHaveSingleItem()["admitted"]!.GetValue<long>().ShouldBe(1);
        Lines(users, "limits")[0]["remaining"]!.GetValue<int>().ShouldBe(9_999);
    }

    [Fact]
    public async Task A_key_that_is_not_the_callers_to_see_is_as_one_that_does_not_exist()
    {
        await using var host = await TestHost.StartAsync(TokenSettings);
        await host.SubscribeAsync("acme", agents: "pro");
        await host.SubscribeAsync("other", agents: "pro");
        var (own, colleagues, strangers) = (await host.KeyAsync("acme", "alice"), await host.KeyAsync("acme", "bob"), await host.KeyAsync("other", "eve"));
        using var alice = host.ClientWith(own);
        using var dashboard = host.ClientWith(Token("acme", host.Time.GetUtcNow()));

        await NotFoundAsync(dashboard, IdOf(strangers));
        await NotFoundAsync(dashboard, "0123456789abcdef");
        await NotFoundAsync(dashboard, "%00/|");
        await NotFoundAsync(alice, IdOf(colleagues));
        await NotFoundAsync(alice, "dashboard");
        (await ReportAsync(alice, $"?key={IdOf(own)}"))["key"]!.ToString().ShouldBe(IdOf(own));

        static string IdOf(string key) => KeyRecord.IdOf(ApiKey.Hash(key));
        static async Task NotFoundAsync(HttpClient client, string key)
        {
            using var response = await client.GetAsync($"/api/v1/usage?key={key}", Cancel);
            response.StatusCode.ShouldBe(HttpStatusCode.NotFound, key);
            (await response.Content.ReadAsStringAsync(Cancel)).ShouldBe(
                """{"error":"unknown_key","message":"You have no key of this id: leave 'key' out to see all that is yours.","statusCode":404}""");
        }
    }

    private static string Token(string tenant, DateTimeOffset now)
    {
        var head = Base64Url("""{"alg":"HS256","typ":"JWT"}"""u8);
        var claims = Base64Url(JsonSerializer.SerializeToUtf8Bytes(new
        {
            iss = "https://project.supabase.co/auth/v1",
            aud = "authenticated",
            sub = "5b2f8a3e-1111-4222-8333-444455556666",
            exp = now.AddHours(1).ToUnixTimeSeconds(),
            app_metadata = new { tenant_id = tenant },
        }));
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.ASCII.GetBytes($"{head}.{claims}"));
        return $"{head}.{claims}.{Base64Url(signature)}";
    }

    private static string Base64Url(ReadOnlySpan<byte> bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}

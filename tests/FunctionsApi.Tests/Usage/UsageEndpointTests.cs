using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsApi.Auth;
using FunctionsApi.Storage;
using FunctionsApi.Tenants;
using FunctionsApi.Usage;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Usage;

public sealed class UsageEndpointTests
{
    private const string Secret = "a-secret-of-at-least-32-characters";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_sees_its_own_consumption_by_endpoint_before_it_is_flushed()
    {
        await using var host = await TestHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", agents: "pro");
        using var other = await host.ClientAsync("acme", "bob", agents: "pro");
        await client.GetAsync("/api/v1/knowledge/search?q=quota", Cancel);
        await client.GetAsync("/api/v1/knowledge/search?q=", Cancel);
        await client.PostAsJsonAsync("/api/v1/analytics/events", new { type = "seen" }, Cancel);
        await other.GetAsync("/api/v1/knowledge/search?q=quota", Cancel);

        var report = await ReportAsync(client);

        var lines = Lines(report, "usage");
        lines.Select(line => (Endpoint: (string?)line["endpoint"], Admitted: (long)line["admitted"]!, Errors: (long)line["clientErrors"]!))
            .ShouldBe([("events", 1, 0), ("search", 1, 1)]);
        lines[0]["time"]!.ToString().ShouldBe("2026-02-27T09:00:00Z");
        lines[0]["api"]!.ToString().ShouldBe("agents");
        Lines(report, "totals").Select(line => (string?)line["endpoint"]).ShouldBe(["events", "search"]);
        report["by"]!.ToString().ShouldBe("hour");
        report["from"]!.ToString().ShouldBe("2026-02-26T10:00:00Z");
        report["to"]!.ToString().ShouldBe("2026-02-27T10:00:00Z");
    }

    [Fact]
    public async Task A_signed_in_user_sees_the_whole_tenants_consumption_and_nobody_elses()
    {
        await using var host = await TestHost.StartAsync(new()
        {
            ["Auth:Supabase:Issuer"] = "https://project.supabase.co/auth/v1",
            ["Auth:Supabase:JwtSecret"] = Secret,
        });
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
    public async Task What_other_instances_have_flushed_is_added_up()
    {
        var store = new InMemoryTableStore();
        await using var first = await TestHost.StartAsync(store: store);
        var (_, key) = await first.Services.GetRequiredService<KeyTable>().CreateAsync(new("acme", "alice", null, "pro"), null, Cancel);
        await using var second = await TestHost.StartAsync(store: store);
        using var client = first.ClientWith(key);
        using var sameClient = second.ClientWith(key);
        await client.GetAsync("/api/v1/knowledge/search?q=quota", Cancel);
        await sameClient.GetAsync("/api/v1/knowledge/search?q=quota", Cancel);
        await second.Services.GetRequiredService<UsageRecorder>().FlushAsync(Cancel);

        var report = await ReportAsync(client);

        Lines(report, "usage").ShouldHaveSingleItem()["admitted"]!.GetValue<long>().ShouldBe(2);
    }

    [Fact]
    public async Task Hours_of_a_day_are_added_up_to_the_day()
    {
        await using var host = await TestHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", agents: "pro");
        await client.GetAsync("/api/v1/knowledge/search?q=quota", Cancel);
        host.Time.Advance(TimeSpan.FromHours(2));
        await client.GetAsync("/api/v1/knowledge/search?q=quota", Cancel);
        host.Time.Advance(TimeSpan.FromDays(1));
        await client.GetAsync("/api/v1/knowledge/search?q=quota", Cancel);

        var report = await ReportAsync(client, "?by=day");

        Lines(report, "usage").Select(line => ((string?)line["time"], (long)line["admitted"]!))
            .ShouldBe([("2026-02-27T00:00:00Z", 2), ("2026-02-28T00:00:00Z", 1)]);
        Lines(report, "totals").ShouldHaveSingleItem()["admitted"]!.GetValue<long>().ShouldBe(3);
    }

    [Fact]
    public async Task Looking_at_usage_uses_none()
    {
        await using var host = await TestHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", agents: "free");

        for (var i = 0; i < 3; i++)
        {
            var response = await client.GetAsync("/api/v1/usage", Cancel);
            response.Headers.GetValues("X-RateLimit-Remaining").ShouldBe(["1000"]);
            response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        }

        Lines(await ReportAsync(client), "usage").ShouldBeEmpty();
    }

    [Fact]
    public async Task It_shows_where_the_caller_stands_with_every_policy_of_his_plans()
    {
        await using var host = await TestHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", inference: "pro", agents: "free");
        await client.PostAsJsonAsync("/infer", new { deployment_id = "echo", inputs = new { } }, Cancel);
        await client.GetAsync("/api/v1/knowledge/search?q=quota", Cancel);
        await client.PostAsJsonAsync("/api/v1/knowledge/synthesize", new { question = "Why?" }, Cancel);

        var limits = Lines(await ReportAsync(client), "limits");

        limits.Select(limit => $"{limit["api"]} {limit["plan"]} {limit["policy"]} {limit["algorithm"]} {limit["remaining"]}/{limit["limit"]} {limit["windowSeconds"]}")
            .ShouldBe(
            [
                "inference pro requests-per-minute sliding-window 119/120 60",
                "agents free requests-per-hour fixed-window 998/1000 3600",
                "agents free requests-per-day fixed-window 9998/10000 86400",
                "agents free concurrency concurrency 10/10 ",
                "agents free crawl-per-hour fixed-window 10/10 3600",
                "agents free synthesize-per-hour fixed-window 99/100 3600",
                "agents free events-per-hour fixed-window 10000/10000 3600",
            ]);
        limits[1]["reset"]!.ToString().ShouldBe("2026-02-27T10:00:00Z");
        limits[3]["reset"].ShouldBeNull();
    }

    [Fact]
    public async Task A_limit_of_an_API_without_a_subscription_or_in_shadow_mode_is_not_shown()
    {
        await using var host = await TestHost.StartAsync();
        await host.Services.GetRequiredService<TenantTable>().ChangeAsync(
            "acme",
            before => before with { Agents = new("free", Subscription.NoLimits.Add("crawl-per-hour", new(null, Shadow: true))) },
            Cancel);
        await host.Services.GetRequiredService<TenantDirectory>().RefreshAsync(Cancel);
        using var client = await host.ClientAsync("acme", "alice");

        Lines(await ReportAsync(client), "limits").Select(limit => (string?)limit["policy"]).ShouldBe(
            ["requests-per-hour", "requests-per-day", "concurrency", "synthesize-per-hour", "events-per-hour"]);
    }

    [Theory]
    [InlineData("?by=week", "'by' is 'hour' or 'day'.")]
    [InlineData("?by=hour&by=day", "'by' is given more than once.")]
    [InlineData("?from=2026-02-27&to=2026-02-26", "'from' must be before 'to'.")]
    public async Task A_report_that_cannot_be_made_is_a_400_with_a_reason(string query, string reason)
    {
        await using var host = await TestHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", agents: "free");

        var response = await client.GetAsync("/api/v1/usage" + query, Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var body = (await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!;
        body.ToJsonString().ShouldBe(new JsonObject
        {
            ["error"] = "invalid_parameter",
            ["message"] = reason,
            ["statusCode"] = 400,
        }.ToJsonString());
    }

    private static async Task<JsonObject> ReportAsync(HttpClient client, string query = "")
    {
        var response = await client.GetAsync("/api/v1/usage" + query, Cancel);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return (await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!;
    }

    private static List<JsonObject> Lines(JsonObject report, string part) => [.. report[part]!.AsArray().Select(line => line!.AsObject())];

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

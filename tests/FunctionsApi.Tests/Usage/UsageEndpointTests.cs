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

    private static readonly Dictionary<string, string?> TokenSettings = new()
    {
        ["Auth:Supabase:Issuer"] = "https://project.supabase.co/auth/v1",
        ["Auth:Supabase:JwtSecret"] = Secret,
    };

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
        limits[1]["burst"]!.ToJsonString().ShouldBe("""{"limit":2000,"lengthSeconds":10,"state":"unused"}""");
        limits[2]["burst"].ShouldBeNull();
    }

    [Fact]
    public async Task A_burst_is_open_for_its_time_and_then_over_until_the_window_ends()
    {
        await using var host = await TestHost.StartAsync();
        await host.Services.GetRequiredService<TenantTable>().ChangeAsync(
            "acme", before => before with { Agents = new("free", Subscription.NoLimits.Add("requests-per-hour", new(2))) }, Cancel);
        await host.Services.GetRequiredService<TenantDirectory>().RefreshAsync(Cancel);
        using var client = await host.ClientAsync("acme", "alice");
        await SearchAsync(client, 2);
        (await BurstAsync()).ShouldBe("unused");

        await SearchAsync(client, 1);
        (await BurstAsync()).ShouldBe("open");
        host.Time.Advance(TimeSpan.FromSeconds(10));
        (await BurstAsync()).ShouldBe("over");
        host.Time.Advance(TimeSpan.FromMinutes(30));
        (await BurstAsync()).ShouldBe("unused");

        async Task<string?> BurstAsync() => (string?)Lines(await ReportAsync(client), "limits")[0]["burst"]!["state"];
    }

    [Fact]
    public async Task What_another_instance_has_sold_is_taken_off_at_once()
    {
        var store = new InMemoryTableStore();
        await using var first = await TestHost.StartAsync(store: store);
        var (_, key) = await first.Services.GetRequiredService<KeyTable>().CreateAsync(new("acme", "alice", null, "free"), null, Cancel);
        await using var second = await TestHost.StartAsync(store: store);
        using var client = first.ClientWith(key);
        using var sameClient = second.ClientWith(key);
        (await CrawlsLeftAsync()).ShouldBe(10);

        await sameClient.PostAsJsonAsync("/api/v1/ingestion/crawl", new { url = "https://example.com/" }, Cancel);
        // Until what was leased ahead of need is given back.
        second.Time.Advance(TimeSpan.FromSeconds(3));
        first.Time.Advance(TimeSpan.FromSeconds(3));

        while (await CrawlsLeftAsync() is not 9 and var left)
        {
            left.ShouldBeInRange(0, 9);
            second.Time.Advance(TimeSpan.FromMilliseconds(250));
        }

        async Task<int> CrawlsLeftAsync() =>
            Lines(await ReportAsync(client), "limits").Single(limit => (string?)limit["policy"] == "crawl-per-hour")["remaining"]!.GetValue<int>();
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

    [Fact]
    public async Task A_refusal_is_shown_under_the_policy_that_refused_and_a_shadow_refusal_under_its_own()
    {
        await using var host = await TestHost.StartAsync();
        await host.Services.GetRequiredService<TenantTable>().ChangeAsync(
            "acme",
            before => before with { Agents = new("free", Subscription.NoLimits.Add("crawl-per-hour", new(0)).Add("events-per-hour", new(1, Shadow: true))) },
            Cancel);
        await host.Services.GetRequiredService<TenantDirectory>().RefreshAsync(Cancel);
        using var client = await host.ClientAsync("acme", "alice");
        await client.PostAsJsonAsync("/api/v1/ingestion/crawl", new { url = "https://example.com/" }, Cancel);
        for (var i = 0; i < 3; i++)
            await client.PostAsJsonAsync("/api/v1/analytics/events", new { type = "seen" }, Cancel);

        var lines = Lines(await ReportAsync(client), "usage");

        lines.Select(line => $"{line["endpoint"]} {line["admitted"]} {line["refused"]} {line["refusedBy"]!.ToJsonString()} {line["shadowRefused"]!.ToJsonString()}").ShouldBe(
        [
            """crawl 0 1 {"crawl-per-hour":1} {}""",
            """events 3 0 {} {"events-per-hour":2}""",
        ]);
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
    public async Task A_plan_whose_limits_are_not_set_yet_shows_usage_all_the_same()
    {
        await using var host = await TestHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", agents: "enterprise");

        Lines(await ReportAsync(client), "limits").Select(limit => (string?)limit["policy"]).ShouldBe(["crawl-per-hour", "synthesize-per-hour", "events-per-hour"]);
    }

    [Fact]
    public async Task A_limit_names_the_endpoints_that_it_is_about()
    {
        await using var host = await TestHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", inference: "pro", agents: "free");

        Lines(await ReportAsync(client), "limits").Select(limit => $"{limit["policy"]}: {string.Join(' ', limit["endpoints"]!.AsArray())}").ShouldBe(
        [
            "requests-per-minute: infer",
            "requests-per-hour: crawl crawl-list crawl-status crawl-cancel documents document delete-document delete-documents search synthesize summary",
            "requests-per-day: crawl crawl-list crawl-status crawl-cancel documents document delete-document delete-documents search synthesize summary",
            "concurrency: crawl crawl-list crawl-status crawl-cancel documents document delete-document delete-documents search synthesize events summary",
            "crawl-per-hour: crawl",
            "synthesize-per-hour: synthesize",
            "events-per-hour: events",
        ]);
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

    [Fact]
    public async Task CSV_has_the_lines_of_the_JSON()
    {
        await using var host = await TestHost.StartAsync();
        await host.Services.GetRequiredService<TenantTable>().ChangeAsync(
            "acme",
            before => before with { Agents = new("free", Subscription.NoLimits.Add("synthesize-per-hour", new(1)).Add("events-per-hour", new(1, Shadow: true))) },
            Cancel);
        await host.Services.GetRequiredService<TenantDirectory>().RefreshAsync(Cancel);
        using var client = await host.ClientAsync("acme", "alice");
        for (var i = 0; i < 2; i++)
        {
            await client.PostAsJsonAsync("/api/v1/analytics/events", new { type = "seen" }, Cancel);
            await client.PostAsJsonAsync("/api/v1/knowledge/synthesize", new { question = "Why?" }, Cancel);
        }

        client.DefaultRequestHeaders.Accept.ParseAdd("text/csv");
        using var response = await client.GetAsync("/api/v1/usage", Cancel);

        response.Content.Headers.ContentType!.ToString().ShouldBe("text/csv; charset=utf-8; header=present");
        response.Content.Headers.ContentDisposition!.ToString().ShouldBe("attachment; filename=\"usage-hour-2026-02-26.csv\"");
        (await response.Content.ReadAsStringAsync(Cancel)).ShouldBe(string.Join("\r\n",
            "time,api,endpoint,admitted,refused,unavailable,clientErrors,serverErrors,permits,credits,refusedBy.synthesize-per-hour,shadowRefused.events-per-hour",
            "2026-02-27T09:00:00Z,agents,events,2,0,0,0,0,2,0,0,1",
            "2026-02-27T09:00:00Z,agents,synthesize,1,1,0,0,0,1,0,1,0",
            ""));
    }

    [Fact]
    public async Task An_answer_may_be_kept_for_5_seconds_and_is_not_sent_again_to_who_has_it()
    {
        await using var host = await TestHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", agents: "free");
        using var first = await client.GetAsync("/api/v1/usage", Cancel);
        first.Headers.CacheControl!.ToString().ShouldBe("max-age=5, private");
        first.Headers.Vary.ShouldBe(["Accept", "Authorization"]);

        client.DefaultRequestHeaders.IfNoneMatch.Add(first.Headers.ETag!);
        using (var second = await client.GetAsync("/api/v1/usage", Cancel))
            second.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        await SearchAsync(client, 1);
        using var third = await client.GetAsync("/api/v1/usage", Cancel);
        third.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Who_reads_too_often_is_told_to_wait_and_others_are_not()
    {
        await using var host = await TestHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", agents: "free");
        using var other = await host.ClientAsync("acme", "bob", agents: "free");
        for (var i = 0; i < UsageReads.Limit; i++)
            (await client.GetAsync("/api/v1/usage", Cancel)).Dispose();

        using var refused = await client.GetAsync("/api/v1/usage", Cancel);

        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        var wait = refused.Headers.GetValues("Retry-After").Single();
        int.Parse(wait).ShouldBeInRange(1, 60);
        (await refused.Content.ReadAsStringAsync(Cancel)).ShouldBe(
            $$"""{"error":"rate_limit_exceeded","message":"Rate limit exceeded. Retry after {{wait}} seconds.","retryAfter":{{wait}},"statusCode":429}""");
        refused.Headers.GetValues("X-RateLimit-Limit").ShouldBe(["240"]);
        refused.Headers.GetValues("X-RateLimit-Remaining").ShouldBe(["0"]);
        refused.Headers.GetValues("X-RateLimit-Reset").ShouldBe([$"{host.Time.GetUtcNow().ToUnixTimeSeconds() + int.Parse(wait)}"]);
        refused.Headers.GetValues("RateLimit-Policy").ShouldBe(["\"usage-reads\";q=240;w=60"]);
        refused.Headers.GetValues("RateLimit").ShouldBe([$"\"usage-reads\";r=0;t={wait}"]);
        Lines(await ReportAsync(other), "usage").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("?form=2026-02-27", "'form' is no parameter here: there are 'by', 'from', 'to' and 'key'.", "unknown_parameter")]
    [InlineData("?by=week", "'by' is 'hour' or 'day'.")]
    [InlineData("?by=hour&by=day", "'by' is given more than once.")]
    [InlineData("?from=2026-02-27&to=2026-02-26", "'from' must be before 'to'.")]
    public async Task A_report_that_cannot_be_made_is_a_400_with_a_reason(string query, string reason, string error = "invalid_parameter")
    {
        await using var host = await TestHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", agents: "free");

        var response = await client.GetAsync("/api/v1/usage" + query, Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var body = (await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!;
        body.ToJsonString().ShouldBe(new JsonObject
        {
            ["error"] = error,
            ["message"] = reason,
            ["statusCode"] = 400,
        }.ToJsonString());
    }

    private static async Task SearchAsync(HttpClient client, int times)
    {
        for (var i = 0; i < times; i++)
            (await client.GetAsync("/api/v1/knowledge/search?q=quota", Cancel)).EnsureSuccessStatusCode();
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

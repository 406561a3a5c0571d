using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FunctionsApi.Auth;
using FunctionsApi.Storage;
using FunctionsApi.Tenants;
using FunctionsApi.Usage;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Usage;

/// <summary>A report: its lines, its forms, and what is wrong with a request for one.</summary>
public sealed class UsageEndpointTests : UsageReportTests
{
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
    public async Task A_plan_whose_limits_are_not_set_yet_shows_usage_all_the_same()
    {
        await using var host = await TestHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", agents: "enterprise");

        Lines(await ReportAsync(client), "limits").Select(limit => (string?)limit["policy"]).ShouldBe(["crawl-per-hour", "synthesize-per-hour", "events-per-hour"]);
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
}

using System.Net.Http.Json;
using FunctionsApi.Auth;
using FunctionsApi.Storage;
using FunctionsApi.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Usage;

/// <summary>What a report says of the limits: where the caller stands with each, and which of them refused.</summary>
public sealed class UsageLimitsTests : UsageReportTests
{
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
}

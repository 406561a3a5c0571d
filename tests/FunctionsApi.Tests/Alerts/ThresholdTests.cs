using System.Net.Http.Json;
using FunctionsApi.Alerts;
using FunctionsApi.Alerts.Webhooks;
using FunctionsApi.Auth;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;
using FunctionsApi.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;
using static FunctionsApi.Tests.Alerts.AlertHost;

namespace FunctionsApi.Tests.Alerts;

/// <summary>That little is left is noticed, and told once.</summary>
public sealed class ThresholdTests : IAsyncLifetime
{
    private Receiver _receiver = null!;

    public async ValueTask InitializeAsync() => _receiver = await Receiver.StartAsync();

    public ValueTask DisposeAsync() => _receiver.DisposeAsync();

    [Fact]
    public async Task A_tenant_is_told_when_little_is_left_of_a_limit()
    {
        await using var host = await StartAsync();
        await LimitAsync(host, "requests-per-day", 10);
        var key = await host.KeyAsync("acme", "alice");
        using var client = host.ClientWith(key);
        var secret = await host.SetAlertsAsync(client, _receiver, Rule("requests-per-day", 20));

        await client.SearchAsync(7);
        await host.LookAsync();
        (await MessagesAsync(host)).ShouldBeEmpty();
        await client.SearchAsync(1);
        await host.LookAsync();

        var received = await _receiver.NextAsync();
        received.ShouldBeSignedBy(secret);
        var id = (await host.Services.GetRequiredService<KeyTable>().FindAsync(key, TestHost.Cancelled))!.Id;
        received.Body.ShouldBe(
            $$$"""{"type":"quota.remaining.low","timestamp":"2026-02-27T09:30:00Z","data":{"tenant":"acme","api":"agents","plan":"free","policy":"requests-per-day","partition":"key:{{{id}}}","limit":10,"remaining":2,"remainingPercent":20,"reset":"2026-02-28T00:00:00Z"}}""");
    }

    [Fact]
    public async Task A_rule_is_told_once_in_a_window_and_again_in_the_next()
    {
        await using var host = await StartAsync();
        await LimitAsync(host, "crawl-per-hour", 10);
        await LimitAsync(host, "synthesize-per-hour", 10);
        using var client = await host.ClientAsync("acme", "alice");
        await host.SetAlertsAsync(client, _receiver, Rule("synthesize-per-hour", 50), Rule("synthesize-per-hour", 10), Rule("crawl-per-hour", 50));

        await SynthesizeAsync(client, 5);
        await host.LookAsync();
        await SynthesizeAsync(client, 1);
        await host.LookAsync();
        (await MessagesAsync(host)).ShouldBe(["50% 5 left"]);

        await SynthesizeAsync(client, 5);
        await host.LookAsync();
        await host.LookAsync();
        (await MessagesAsync(host)).ShouldBe(["10% 0 left", "50% 5 left"]);

        host.Time.Advance(TimeSpan.FromMinutes(30));
        await SynthesizeAsync(client, 4);
        await host.LookAsync();
        (await MessagesAsync(host)).Count.ShouldBe(2);
        await SynthesizeAsync(client, 2);
        await host.LookAsync();
        (await MessagesAsync(host)).Count.ShouldBe(3);
    }

    [Fact]
    public async Task Each_partition_is_told_of_for_itself()
    {
        await using var host = await StartAsync();
        await LimitAsync(host, "requests-per-hour", 4);
        using var alice = await host.ClientAsync("acme", "alice");
        using var bob = await host.ClientAsync("acme", "bob");
        await host.SetAlertsAsync(alice, _receiver, Rule("requests-per-hour", 50));

        await alice.SearchAsync(2);
        await bob.SearchAsync(3);
        await host.LookAsync();

        (await MessagesAsync(host)).ShouldBe(["50% 1 left", "50% 2 left"], ignoreOrder: true);
    }

    [Fact]
    public async Task What_two_instances_notice_is_told_once()
    {
        var store = new InMemoryTableStore();
        await using var first = await StartAsync(store);
        await using var second = await StartAsync(store);
        await LimitAsync(first, "requests-per-hour", 10);
        await second.Services.GetRequiredService<TenantDirectory>().RefreshAsync(TestHost.Cancelled);
        var key = await first.KeyAsync("acme", "alice");
        using var here = first.ClientWith(key);
        using var there = second.ClientWith(key);
        await first.SetAlertsAsync(here, _receiver, Rule("requests-per-hour", 20));
        await second.FollowAsync();

        // Neither has seen the threshold crossed by its own requests.
        await here.SearchAsync(5);
        await there.SearchAsync(5);
        await Task.WhenAll(first.LookAsync(), second.LookAsync());
        await Task.WhenAll(first.LookAsync(), second.LookAsync());

        await _receiver.NextAsync();
        (await MessagesAsync(first)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_sliding_window_is_told_of_once_an_hour()
    {
        await using var host = await StartAsync();
        await LimitAsync(host, "requests-per-minute", 5, ApiKind.Inference);
        using var client = await host.ClientAsync("acme", "alice");
        await host.SetAlertsAsync(client, _receiver, Rule("requests-per-minute", 20, "inference"));

        for (var minute = 0; minute < 3; minute++)
        {
            await client.InferAsync(5);
            await host.LookAsync();
            host.Time.Advance(TimeSpan.FromMinutes(2));
        }

        (await MessagesAsync(host)).ShouldHaveSingleItem();
        host.Time.Advance(TimeSpan.FromHours(1));
        await client.InferAsync(5);
        await host.LookAsync();
        (await MessagesAsync(host)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_look_uses_no_quota_and_the_last_request_is_looked_after_twice()
    {
        await using var host = await StartAsync();
        await LimitAsync(host, "requests-per-hour", 10);
        using var client = await host.ClientAsync("acme", "alice");
        await host.SetAlertsAsync(client, _receiver, Rule("requests-per-hour", 30));
        await client.SearchAsync(6);
        for (var i = 0; i < 5; i++)
            await host.LookAsync();

        using var response = await client.GetAsync("/api/v1/knowledge/search?q=quota", TestHost.Cancelled);

        response.Headers.GetValues("X-RateLimit-Remaining").ShouldBe(["3"]);
        (await MessagesAsync(host)).ShouldBeEmpty();
        // What is lowered meanwhile is noticed by the second look, though no request comes.
        await host.LookAsync();
        (await MessagesAsync(host)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_policy_in_shadow_mode_is_not_told_of()
    {
        await using var host = await StartAsync();
        await LimitAsync(host, "requests-per-hour", 2, shadow: true);
        using var client = await host.ClientAsync("acme", "alice");
        await host.SetAlertsAsync(client, _receiver, Rule("requests-per-hour", 50));

        await client.SearchAsync(3);
        await host.LookAsync();

        (await MessagesAsync(host)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Callers_without_rules_are_not_looked_after()
    {
        await using var host = await StartAsync();
        await host.SubscribeAsync("acme", agents: "free");
        using var client = await host.ClientAsync("acme", "alice");
        using var other = await host.ClientAsync("other", "eve", agents: "free");
        await host.SetAlertsAsync(client, _receiver, Rule("requests-per-hour", 50));

        await other.SearchAsync(2);
        host.Services.GetRequiredService<ActiveCallers>().TakeAll().ShouldBeEmpty();
        await client.SearchAsync(2);
        host.Services.GetRequiredService<ActiveCallers>().TakeAll().ShouldHaveSingleItem().Caller.Tenant.ShouldBe("acme");
    }

    [Fact]
    public async Task It_is_noticed_and_delivered_by_itself()
    {
        await using var host = await StartAsync();
        await LimitAsync(host, "requests-per-hour", 10);
        using var client = await host.ClientAsync("acme", "alice");
        using (var response = await client.PutAsJsonAsync(
            "/api/v1/alerts", new { rules = new[] { Rule("requests-per-hour", 90) }, webhook = new { url = _receiver.Url } }, TestHost.Cancelled))
            response.IsSuccessStatusCode.ShouldBeTrue();

        var received = _receiver.NextAsync();
        // It takes some seconds until every server has taken over what was set.
        while (!received.IsCompleted)
        {
            await client.SearchAsync(1);
            host.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        (await received).Json.GetProperty("type").GetString().ShouldBe("quota.remaining.low");
    }

    private static async Task LimitAsync(TestHost host, string policy, int limit, ApiKind api = ApiKind.Agents, bool? shadow = null)
    {
        await host.SubscribeAsync("acme", inference: "pro", agents: "free");
        await host.Services.GetRequiredService<TenantTable>().ChangeAsync(
            "acme",
            before => before.With(api, before[api] with { Limits = before[api].Limits.SetItem(policy, new(limit, shadow)) }),
            TestHost.Cancelled);
        await host.Services.GetRequiredService<TenantDirectory>().RefreshAsync(TestHost.Cancelled);
    }

    private static async Task SynthesizeAsync(HttpClient client, int times)
    {
        for (var i = 0; i < times; i++)
            (await client.PostAsJsonAsync("/api/v1/knowledge/synthesize", new { question = "Why?" }, TestHost.Cancelled)).Dispose();
    }

    /// <summary>The messages of the tenant, in order of their texts.</summary>
    private static async Task<IReadOnlyList<string>> MessagesAsync(TestHost host)
    {
        var messages = await host.Services.GetRequiredService<Outbox>().ListAsync("acme", DateTimeOffset.UnixEpoch, TestHost.Cancelled);
        return
        [
            .. messages.Select(message => System.Text.Json.JsonElement.Parse(message.Body).GetProperty("data"))
                .Select(data => $"{data.GetProperty("remainingPercent")}% {data.GetProperty("remaining")} left")
                .Order(StringComparer.Ordinal),
        ];
    }
}

using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FunctionsApi.Alerts;
using FunctionsApi.Alerts.Webhooks;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;
using static FunctionsApi.Tests.Alerts.AlertHost;

namespace FunctionsApi.Tests.Alerts;

public sealed class AlertsEndpointTests : IAsyncLifetime
{
    private Receiver _receiver = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _receiver = await Receiver.StartAsync();

    public ValueTask DisposeAsync() => _receiver.DisposeAsync();

    [Fact]
    public async Task A_tenant_without_alerts_has_empty_ones()
    {
        await using var host = await AlertHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", agents: "free");

        (await client.GetStringAsync("/api/v1/alerts", Cancel)).ShouldBe(
            """{"tenant":"acme","rules":[],"digest":{"enabled":false,"unusedKeyDays":30},"recent":[]}""");
    }

    [Fact]
    public async Task What_is_set_is_shown_to_the_whole_tenant_and_the_secret_once()
    {
        await using var host = await AlertHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", agents: "free");
        using var colleague = await host.ClientAsync("acme", "bob", agents: "free");
        using var stranger = await host.ClientAsync("other", "eve", agents: "free");

        var made = await PutAsync(client, $$$"""
            {"rules":[{"api":"agents","policy":"requests-per-day","remainingPercent":10},{"api":"inference","policy":"requests-per-minute","remainingPercent":0}],
             "webhook":{"url":"{{{_receiver.Url}}}"},"digest":{"enabled":true,"unusedKeyDays":7}}
            """);
        var secret = made.GetProperty("webhook").GetProperty("secret").GetString()!;
        secret.ShouldMatch("^whsec_[A-Za-z0-9+/]{43}=$");

        var shown = await colleague.GetStringAsync("/api/v1/alerts", Cancel);
        shown.ShouldBe(
            """{"tenant":"acme","rules":[{"api":"agents","policy":"requests-per-day","remainingPercent":10},{"api":"inference","policy":"requests-per-minute","remainingPercent":0}],"webhook":"""
            + $$$"""{"url":"{{{_receiver.Url}}}","state":"untried","secretCreatedAt":"2026-02-27T09:30:00Z"},"digest":{"enabled":true,"unusedKeyDays":7},"recent":[]}""");
        (await stranger.GetStringAsync("/api/v1/alerts", Cancel)).ShouldContain("\"rules\":[]");
    }

    [Fact]
    public async Task A_change_keeps_the_secret_unless_another_is_asked_for()
    {
        await using var host = await AlertHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", agents: "free");
        var first = await host.SetAlertsAsync(client, _receiver);

        var moved = await PutAsync(client, """{"webhook":{"url":"https://hooks.example.com/quota"}}""");
        moved.GetProperty("webhook").TryGetProperty("secret", out _).ShouldBeFalse();
        var renewed = await PutAsync(client, """{"webhook":{"url":"https://hooks.example.com/quota","newSecret":true}}""");
        renewed.GetProperty("webhook").GetProperty("secret").GetString().ShouldNotBe(first);

        (await PutAsync(client, "{}")).TryGetProperty("webhook", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task A_webhook_that_was_disabled_is_tried_again_once_it_is_set_again()
    {
        await using var host = await AlertHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", agents: "free");
        await host.SetAlertsAsync(client, _receiver);
        await host.Services.GetRequiredService<WebhookStates>().ChangeAsync("acme", state => state.Failed(new("It is gone.", IsGone: true), host.Time.GetUtcNow()), Cancel);

        var disabled = (await client.GetFromJsonAsync<JsonElement>("/api/v1/alerts", Cancel)).GetProperty("webhook");
        disabled.GetProperty("state").GetString().ShouldBe("disabled");
        disabled.GetProperty("disabledSince").GetString().ShouldBe("2026-02-27T09:30:00Z");
        disabled.GetProperty("lastFailure").GetString().ShouldBe("It is gone.");

        (await PutAsync(client, $$$"""{"webhook":{"url":"{{{_receiver.Url}}}"}}""")).GetProperty("webhook").GetProperty("state").GetString().ShouldBe("untried");
    }

    [Fact]
    public async Task A_test_is_sent_at_once_and_says_what_became_of_it()
    {
        await using var host = await AlertHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", agents: "free");
        using (var nowhere = await TestAsync(client))
        {
            nowhere.StatusCode.ShouldBe(HttpStatusCode.Conflict);
            (await nowhere.Content.ReadAsStringAsync(Cancel)).ShouldContain("\"error\":\"no_webhook\"");
        }

        var secret = await host.SetAlertsAsync(client, _receiver);
        _receiver.Answer = Receiver.Status(500).Invoke;
        (await ReadAsync(await TestAsync(client))).ShouldBe("""{"delivered":false,"failure":"The receiver answered 500."}""");
        await _receiver.NextAsync();
        _receiver.Answer = Receiver.Status(200).Invoke;
        (await ReadAsync(await TestAsync(client))).ShouldBe("""{"delivered":true}""");

        var received = await _receiver.NextAsync();
        received.ShouldBeSignedBy(secret);
        received.Body.ShouldBe("""{"type":"alerts.test","timestamp":"2026-02-27T09:30:00Z","data":{"tenant":"acme"}}""");
    }

    [Fact]
    public async Task Neither_looking_nor_setting_uses_quota()
    {
        await using var host = await AlertHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", agents: "free");

        await PutAsync(client, "{}");
        using var response = await client.GetAsync("/api/v1/alerts", Cancel);

        response.Headers.GetValues("X-RateLimit-Remaining").ShouldBe(["1000"]);
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
    }

    [Theory]
    [InlineData("""[]""", "The body must be a JSON object.")]
    [InlineData("""{"rule":[]}""", "The body has members 'rules', 'webhook', 'digest', and no others.")]
    [InlineData("""{"rules":{}}""", "'rules' must be an array.")]
    [InlineData("""{"rules":[1]}""", "A rule must be a JSON object.")]
    [InlineData("""{"rules":[{"api":"infer","policy":"requests-per-minute","remainingPercent":1}]}""", "A rule's 'api' is 'inference' or 'agents'.")]
    [InlineData("""{"rules":[{"api":"agents","policy":"requests-per-hour"}]}""", "A rule's 'remainingPercent' is missing.")]
    [InlineData("""{"rules":[{"api":"agents","policy":"requests-per-hour","remainingPercent":100}]}""", "'remainingPercent' must be a whole number from 0 to 99.")]
    [InlineData("""{"rules":[{"api":"agents","policy":"\ud800","remainingPercent":1}]}""", "'policy' must be a string.")]
    [InlineData(
        """{"rules":[{"api":"inference","policy":"concurrency","remainingPercent":10}]}""",
        "The inference API has no policy 'concurrency' with a window. It has: requests-per-minute.")]
    [InlineData(
        """{"rules":[{"api":"agents","policy":"requests-per-hour","remainingPercent":1},{"api":"agents","policy":"requests-per-hour","remainingPercent":1}]}""",
        "A rule is there twice.")]
    [InlineData("""{"webhook":{}}""", "'url' is missing.")]
    [InlineData("""{"webhook":{"url":"hooks.example.com"}}""", "'url' must be an absolute http or https URL of at most 2048 characters.")]
    [InlineData("""{"webhook":{"url":"file:///etc/passwd"}}""", "'url' must be an absolute http or https URL of at most 2048 characters.")]
    [InlineData("""{"webhook":{"url":"https://a:b@hooks.example.com"}}""", "'url' must not hold a user name or password.")]
    [InlineData("""{"webhook":{"url":"http://127.0.0.1/"}}""", "'url' must lead to a public address.")]
    [InlineData("""{"webhook":{"url":"http://169.254.169.254/latest"}}""", "'url' must lead to a public address.")]
    [InlineData("""{"digest":{"enabled":"yes"}}""", "'enabled' must be true or false.")]
    [InlineData("""{"digest":{"unusedKeyDays":91}}""", "'unusedKeyDays' must be a whole number from 1 to 90.")]
    public async Task What_cannot_be_is_a_400_that_says_why(string body, string reason)
    {
        await using var host = await TestHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", agents: "free");

        using var response = await client.PutAsync("/api/v1/alerts", new StringContent(body, Encoding.UTF8, "application/json"), Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("message").GetString().ShouldBe(reason);
    }

    [Fact]
    public async Task Either_subscription_is_enough_and_a_caller_that_asks_all_the_time_is_refused()
    {
        await using var host = await TestHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", inference: "pro");
        for (var i = 0; i < AlertRequests.Limit; i++)
            using (var answer = await client.GetAsync("/api/v1/alerts", Cancel))
                answer.StatusCode.ShouldBe(HttpStatusCode.OK);

        using var refused = await client.GetAsync("/api/v1/alerts", Cancel);

        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter.ShouldNotBeNull();
        refused.Headers.GetValues("RateLimit-Policy").ShouldBe(["\"alert-requests\";q=60;w=60"]);
    }

    [Fact]
    public async Task More_than_20_rules_are_refused()
    {
        await using var host = await TestHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", agents: "free");
        var rules = Enumerable.Range(0, 21).Select(percent => Rule("requests-per-hour", percent));

        using var response = await client.PutAsJsonAsync("/api/v1/alerts", new { rules }, Cancel);

        (await response.Content.ReadAsStringAsync(Cancel)).ShouldContain("There can be at most 20 rules.");
    }

    private static Task<HttpResponseMessage> TestAsync(HttpClient client) => client.PostAsJsonAsync("/api/v1/alerts/test", new { }, Cancel);

    private static async Task<string> ReadAsync(HttpResponseMessage response)
    {
        using (response)
            return await response.Content.ReadAsStringAsync(Cancel);
    }

    private static async Task<JsonElement> PutAsync(HttpClient client, string body)
    {
        using var response = await client.PutAsync("/api/v1/alerts", new StringContent(body, Encoding.UTF8, "application/json"), Cancel);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, $"{answer}");
        return answer;
    }
}

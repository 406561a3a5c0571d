using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Tenants;

public sealed class LimitOfZeroTests
{
    [Theory]
    [InlineData("requests-per-minute", 60)]
    [InlineData("requests-per-hour", 3600)]
    [InlineData("requests-per-day", 86400)]
    [InlineData("concurrency", 1)]
    public async Task Every_request_is_refused_until_the_limit_is_the_plans_again(string policy, int longestWait)
    {
        await using var host = await TestHost.StartAsync();
        using var client = await ClientAsync(host);
        (await AskAsync(client, policy)).StatusCode.ShouldBe(HttpStatusCode.OK);

        await LimitAsync(host, policy, 0);
        for (var i = 0; i < 3; i++)
        {
            using var refused = await AskAsync(client, policy);
            refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            Header(refused, "X-RateLimit-Limit").ShouldBe(0);
            Header(refused, "X-RateLimit-Remaining").ShouldBe(0);
            var retryAfter = Header(refused, "Retry-After");
            retryAfter.ShouldBeInRange(1, longestWait);
            Header(refused, "X-RateLimit-Reset").ShouldBe(host.Time.GetUtcNow().ToUnixTimeSeconds() + retryAfter);
            refused.Headers.GetValues("RateLimit-Policy").Single().ShouldContain($"\"{policy}\";q=0;");
            host.Time.Advance(TimeSpan.FromSeconds(retryAfter));
        }

        await LimitAsync(host, policy, null);
        (await AskAsync(client, policy)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Only_the_policys_endpoints_are_blocked()
    {
        await using var host = await TestHost.StartAsync();
        using var client = await ClientAsync(host);
        await LimitAsync(host, "crawl-per-hour", 0);

        using var crawl = await client.PostAsJsonAsync("/api/v1/ingestion/crawl", new { url = "https://example.com/" }, TestHost.Cancelled);
        crawl.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await AskAsync(client, "requests-per-hour")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_shadow_limit_of_0_refuses_nobody()
    {
        await using var host = await TestHost.StartAsync();
        using var client = await ClientAsync(host);
        await LimitAsync(host, "requests-per-hour", 0, shadow: true);

        (await AskAsync(client, "requests-per-hour")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_usage_report_shows_the_limit()
    {
        await using var host = await TestHost.StartAsync();
        using var client = await ClientAsync(host);
        await LimitAsync(host, "requests-per-hour", 0);
        (await AskAsync(client, "requests-per-hour")).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);

        var report = JsonElement.Parse(await client.GetStringAsync("/api/v1/usage", TestHost.Cancelled));
        var line = report.GetProperty("limits").EnumerateArray().Single(limit => limit.GetProperty("policy").GetString() == "requests-per-hour");
        (line.GetProperty("limit").GetInt32(), line.GetProperty("remaining").GetInt32()).ShouldBe((0, 0));
    }

    private static async Task<HttpClient> ClientAsync(TestHost host)
    {
        await host.SubscribeAsync("acme", inference: "pro", agents: "pro");
        return await host.ClientAsync("acme", "alice");
    }

    private static async Task LimitAsync(TestHost host, string policy, int? limit, bool? shadow = null)
    {
        var api = ApiOf(policy);
        await host.Services.GetRequiredService<TenantTable>().ChangeAsync(
            "acme",
            before => before.With(api, before[api] with
            {
                Limits = limit is null ? before[api].Limits.Remove(policy) : before[api].Limits.SetItem(policy, new(limit, shadow)),
            }),
            TestHost.Cancelled);
        await host.Services.GetRequiredService<TenantDirectory>().RefreshAsync(TestHost.Cancelled);
    }

    private static Task<HttpResponseMessage> AskAsync(HttpClient client, string policy) => ApiOf(policy) == ApiKind.Inference
        ? client.PostAsJsonAsync("/infer", new { deployment_id = "echo", inputs = new { } }, TestHost.Cancelled)
        : client.GetAsync("/api/v1/knowledge/search?q=word", TestHost.Cancelled);

    private static ApiKind ApiOf(string policy) => policy == "requests-per-minute" ? ApiKind.Inference : ApiKind.Agents;

    private static long Header(HttpResponseMessage response, string name) => long.Parse(response.Headers.GetValues(name).Single());
}

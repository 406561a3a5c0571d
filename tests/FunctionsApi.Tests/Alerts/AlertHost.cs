using System.Net.Http.Json;
using System.Text.Json;
using FunctionsApi.Alerts;
using FunctionsApi.Storage;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;

namespace FunctionsApi.Tests.Alerts;

/// <summary>What tests about alerts do with a server.</summary>
internal static class AlertHost
{
    public static Task<TestHost> StartAsync(ITableStore? store = null, Dictionary<string, string?>? settings = null) =>
        TestHost.StartAsync(new(settings ?? []) { ["Crawl:AllowPrivateAddresses"] = "true" }, store);

    /// <summary>Sets a tenant's alerts as it does itself.</summary>
    /// <returns>The webhook's secret.</returns>
    public static async Task<string> SetAlertsAsync(this TestHost host, HttpClient client, Receiver receiver, params object[] rules)
    {
        using var response = await client.PutAsJsonAsync("/api/v1/alerts", new { rules, webhook = new { url = receiver.Url } }, TestHost.Cancelled);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(TestHost.Cancelled);
        response.IsSuccessStatusCode.ShouldBeTrue($"{answer}");
        await host.FollowAsync();
        return answer.GetProperty("webhook").GetProperty("secret").GetString()!;
    }

    /// <summary>What a few seconds do by themselves: takes over what tenants have set.</summary>
    public static Task FollowAsync(this TestHost host) => host.Services.GetRequiredService<AlertDirectory>().RefreshNowAsync(TestHost.Cancelled);

    /// <summary>What is done every 2 s.</summary>
    public static Task LookAsync(this TestHost host) => host.Services.GetRequiredService<ThresholdWatch>().RunOnceAsync(TestHost.Cancelled);

    public static async Task SearchAsync(this HttpClient client, int times)
    {
        for (var i = 0; i < times; i++)
            (await client.GetAsync("/api/v1/knowledge/search?q=quota", TestHost.Cancelled)).Dispose();
    }

    public static async Task InferAsync(this HttpClient client, int times)
    {
        for (var i = 0; i < times; i++)
            (await client.PostAsJsonAsync("/infer", new { deployment_id = "echo", inputs = new { } }, TestHost.Cancelled)).Dispose();
    }

    public static object Rule(string policy, int remainingPercent, string api = "agents") => new { api, policy, remainingPercent };
}

using System.Net;
using System.Net.Http.Json;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Telemetry;
using FunctionsApi.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Telemetry;

/// <summary>How many time series there are depends on the plan file and on nothing that a caller or the number of callers decides.</summary>
public sealed class BoundedTagsTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["functionsapi.plan"] = [.. Plans.SelectMany(api => api.Plans).Select(plan => plan.Name)],
        ["functionsapi.policy"] = [.. Plans.SelectMany(api => api.Policies).Select(policy => policy.Name)],
        ["functionsapi.api"] = ["inference", "agents"],
        ["functionsapi.outcome"] = ["admitted", "refused", "exceeds_limit", "unavailable", "ok", "failed", "timed_out", "slow", "unreadable", "throttled", "contended"],
        ["functionsapi.ledger.operation"] = ["apply", "peek"],
        ["functionsapi.ledger.state"] = ["well", "slow", "contended", "away"],
    };

    private static IEnumerable<ApiPlans> Plans => Enum.GetValues<ApiKind>().Select(api => PlansInForce.Embedded.Catalog[api]);

    [Fact]
    public async Task Every_tag_is_one_of_few_and_its_values_are_ours_or_the_plan_files()
    {
        await using var host = await TestHost.StartAsync();
        using var measurements = new Measurements(host.Services.GetRequiredService<QuotaMetrics>());
        await host.SubscribeAsync("tenant-a", inference: "pro", agents: "free");
        await host.SubscribeAsync("tenant-b", inference: "team", agents: "pro");
        foreach (var tenant in (string[])["tenant-a", "tenant-b"])
            foreach (var user in (string[])["user-a", "user-b"])
                await UseAsync(host, tenant, user);
        measurements.Collect();

        var tags = measurements.All.SelectMany(it => it.Tags).Distinct().ToList();
        tags.Select(tag => tag.Key).Distinct().ShouldBe(Allowed.Keys, ignoreOrder: true);
        foreach (var (name, value) in tags)
            Allowed[name].ShouldContain((string)value!);
    }

    private static async Task UseAsync(TestHost host, string tenant, string user)
    {
        using var client = await host.ClientAsync(tenant, user);
        for (var i = 0; i < 121; i++)
        {
            using var infer = await client.PostAsJsonAsync("/infer", new { deployment_id = "echo", inputs = new { } }, TestHost.Cancelled);
        }

        using var search = await client.GetAsync($"/api/v1/knowledge/search?q={user}", TestHost.Cancelled);
        search.StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}

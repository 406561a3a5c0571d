using FunctionsApi.Auth;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Tenants;
using FunctionsApi.Usage;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;
using Counts = System.Collections.Immutable.ImmutableSortedDictionary<string, long>;

namespace FunctionsApi.Tests.Usage;

public sealed class NextPlanTests
{
    private static readonly DateTimeOffset Nine = new(2026, 2, 27, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Each_limit_stands_beside_that_of_the_next_plan()
    {
        var plans = await ReadAsync("pro", "free", []);

        plans.Select(plan => $"{plan.Api}: {plan.Plan}, {plan.Next}").ShouldBe(["inference: pro, team", "agents: free, pro"]);
        plans[1].Limits.Select(limit => $"{limit.Policy} {limit.Limit} {limit.NextLimit}").ShouldBe(
        [
            "requests-per-hour 1000 10000", "requests-per-day 10000 100000", "concurrency 10 50",
            "crawl-per-hour 10 50", "synthesize-per-hour 100 1000", "events-per-hour 10000 10000",
        ]);
    }

    [Theory]
    [InlineData(40, 40)]
    [InlineData(5_000, 900)]
    public async Task What_an_hour_refused_would_have_been_admitted_up_to_what_the_next_limit_has_more(long refused, long admitted) =>
        (await WouldHaveAdmittedAsync("synthesize-per-hour", Row(refused))).ShouldBe((refused, admitted));

    [Fact]
    public async Task Each_hour_and_each_key_has_permits_of_its_own() =>
        (await WouldHaveAdmittedAsync("synthesize-per-hour", Row(1_000), Row(1_000, hour: 1), Row(1_000, key: "k2"), Row(1, instance: "b")))
            .ShouldBe((3_001, 2_700));

    [Fact]
    public async Task The_hours_of_a_day_share_what_its_limit_has_more() =>
        (await WouldHaveAdmittedAsync("requests-per-day", Row(80_000), Row(80_000, hour: 1), Row(5, hour: 24))).ShouldBe((160_005, 90_005));

    [Fact]
    public async Task A_limit_that_is_the_same_in_the_next_plan_changes_nothing() =>
        (await WouldHaveAdmittedAsync("events-per-hour", Row(7))).ShouldBe((7, 0));

    [Fact]
    public async Task A_limit_in_flight_is_taken_to_admit_all() =>
        (await WouldHaveAdmittedAsync("concurrency", Row(500))).ShouldBe((500, 500));

    [Fact]
    public async Task An_hour_has_sixty_windows_of_a_minute()
    {
        var plans = await ReadAsync("pro", null, [Row(20_000, "requests-per-minute", ApiKind.Inference)]);
        plans.ShouldHaveSingleItem().Limits.ShouldHaveSingleItem().ShouldBe(new("requests-per-minute", 120, 300, 20_000, 60 * 180));
    }

    [Fact]
    public async Task A_limit_that_is_set_for_each_tenant_cannot_be_told()
    {
        var limits = (await ReadAsync(null, "pro", [Row(3, "requests-per-hour")])).ShouldHaveSingleItem().Limits;
        limits[0].ShouldBe(new("requests-per-hour", 10_000, null, 3, null));
    }

    [Fact]
    public async Task The_highest_plan_has_no_next() => (await ReadAsync("enterprise", null, [])).ShouldBeEmpty();

    private static async Task<(long Refused, long? Admitted)> WouldHaveAdmittedAsync(string policy, params Func<string, UsageRow>[] rows)
    {
        var plans = await ReadAsync(null, "free", [.. rows.Select(row => row(policy))]);
        var limit = plans.ShouldHaveSingleItem().Limits.Single(limit => limit.Policy == policy);
        return (limit.Refused, limit.WouldHaveAdmitted);
    }

    private static async Task<IReadOnlyList<NextPlan>> ReadAsync(string? inference, string? agents, UsageRow[] rows)
    {
        await using var host = await TestHost.StartAsync();
        var reader = new NextPlanReader(host.Services.GetRequiredService<TenantDirectory>());
        return await reader.ReadAsync(new Caller("acme", "alice", "k1", inference, agents), rows, TestHost.Cancelled);
    }

    private static Func<string, UsageRow> Row(long refused, int hour = 0, string key = "k1", string instance = "a") =>
        policy => Row(refused, policy, ApiKind.Agents, hour, key, instance);

    private static UsageRow Row(long refused, string policy, ApiKind api = ApiKind.Agents, int hour = 0, string key = "k1", string instance = "a") =>
        new(new("acme", key, api, "search"), Nine.AddHours(hour), instance, new() { RefusedBy = Counts.Empty.Add(policy, refused) });
}

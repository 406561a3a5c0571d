using System.Text;
using FunctionsApi.Quotas.Policies;
using Shouldly;
using Xunit;

namespace FunctionsApi.Quotas.Tests.Policies;

public sealed class PlanCatalogTests
{
    private static readonly PlanCatalog Sold = PlanCatalog.Parse(Resource.Read("plans.json")).Catalog!;
    private static readonly PlanCatalog Good = PlanCatalog.Parse(GoodPlans.Json).Catalog!;

    [Theory]
    [InlineData(ApiKind.Inference, "pro", "requests-per-minute=120")]
    [InlineData(ApiKind.Inference, "team", "requests-per-minute=300")]
    [InlineData(ApiKind.Inference, "enterprise", "requests-per-minute=1000")]
    [InlineData(ApiKind.Agents, "free", "requests-per-hour=1000 requests-per-day=10000 concurrency=10 crawl-per-hour=10 synthesize-per-hour=100 events-per-hour=10000")]
    [InlineData(ApiKind.Agents, "pro", "requests-per-hour=10000 requests-per-day=100000 concurrency=50 crawl-per-hour=50 synthesize-per-hour=1000 events-per-hour=10000")]
    [InlineData(ApiKind.Agents, "enterprise", "crawl-per-hour=50 synthesize-per-hour=1000 events-per-hour=10000")]
    public void The_plans_are_those_that_are_sold(ApiKind api, string plan, string limits) =>
        Limits(Sold[api].Find(plan)!).ShouldBe(limits);

    [Fact]
    public void A_policy_is_read_whole()
    {
        var policies = Sold[ApiKind.Agents].Find("free")!.Policies.Policies;

        policies[0].ShouldBe(new Policy
        {
            Name = "requests-per-hour",
            Algorithm = Algorithm.FixedWindow,
            Limit = 1000,
            Window = TimeSpan.FromHours(1),
            Burst = new Burst(2, TimeSpan.FromSeconds(10)),
        });
        policies[2].ShouldBe(new Policy { Name = "concurrency", Algorithm = Algorithm.Concurrency, Limit = 10 });
        Sold[ApiKind.Inference].Find("pro")!.Policies.Policies.ShouldHaveSingleItem().ShouldBe(new Policy
        {
            Name = "requests-per-minute",
            Algorithm = Algorithm.SlidingWindow,
            Limit = 120,
            Window = TimeSpan.FromMinutes(1),
        });
    }

    [Theory]
    [InlineData("crawl", "requests-per-hour:1 requests-per-day:1 concurrency:1 crawl-per-hour:1")]
    [InlineData("crawl-status", "requests-per-hour:1 requests-per-day:1 concurrency:1")]
    [InlineData("search", "requests-per-hour:1 requests-per-day:1 concurrency:1")]
    [InlineData("synthesize", "requests-per-hour:1 requests-per-day:1 concurrency:1 synthesize-per-hour:1")]
    [InlineData("events", "concurrency:1 events-per-hour:1")]
    [InlineData("summary", "requests-per-hour:1 requests-per-day:1 concurrency:1")]
    [InlineData("one-that-no-policy-can-name", "requests-per-hour:1 requests-per-day:1 concurrency:1")]
    [InlineData("usage", "requests-per-hour:0 requests-per-day:0 concurrency:0")]
    public void An_endpoint_is_charged_by_the_policies_that_are_about_it(string endpoint, string charge) =>
        Charged(Sold[ApiKind.Agents].Find("free")!.ChargeFor(endpoint)).ShouldBe(charge);

    [Fact]
    public void A_charge_has_a_row_for_every_endpoint()
    {
        foreach (var api in Apis.All)
            foreach (var endpoint in api.Endpoints())
                Sold[api].Find("pro")!.ChargeFor(endpoint).Items.ShouldContain(item => item.Permits == 1);
    }

    [Fact]
    public void An_endpoint_that_weighs_more_is_charged_more() =>
        Charged(Good[ApiKind.Agents].Find("free")!.ChargeFor("synthesize")).ShouldBe("per-hour:5 in-flight:1");

    [Fact]
    public void General_shows_the_policies_of_no_named_endpoint_and_uses_nothing() =>
        Charged(Sold[ApiKind.Agents].Find("free")!.General).ShouldBe("requests-per-hour:0 requests-per-day:0 concurrency:0");

    [Fact]
    public void Terms_sets_and_charges_are_the_same_each_time()
    {
        var terms = Sold[ApiKind.Agents].Find("free")!;

        Sold[ApiKind.Agents].Find("free").ShouldBeSameAs(terms);
        Sold[ApiKind.Agents].Find("free", Overrides()).ShouldBeSameAs(terms);
        terms.ChargeFor("crawl").ShouldBeSameAs(terms.ChargeFor("crawl"));
        terms.ChargeFor("crawl").Policies.ShouldBeSameAs(terms.Policies);
    }

    [Fact]
    public void A_policy_that_the_plan_leaves_to_each_tenant_is_unset()
    {
        var terms = Sold[ApiKind.Agents].Find("enterprise")!;

        terms.Unset.ShouldBe(["requests-per-hour", "requests-per-day", "concurrency"]);
        Charged(terms.ChargeFor("crawl")).ShouldBe("crawl-per-hour:1");
    }

    [Fact]
    public void An_override_sets_what_the_plan_left_to_each_tenant()
    {
        var terms = Sold[ApiKind.Agents].Find("enterprise", Overrides(("requests-per-hour", new(7)), ("concurrency", new(8))))!;

        terms.Unset.ShouldBe(["requests-per-day"]);
        Limits(terms).ShouldBe("requests-per-hour=7 concurrency=8 crawl-per-hour=50 synthesize-per-hour=1000 events-per-hour=10000");
        Charged(terms.ChargeFor("crawl")).ShouldBe("requests-per-hour:1 concurrency:1 crawl-per-hour:1");
    }

    [Fact]
    public void An_override_replaces_one_limit_and_keeps_the_rest_of_its_policy()
    {
        var plain = Sold[ApiKind.Agents].Find("pro")!;

        var terms = Sold[ApiKind.Agents].Find("pro", Overrides(("requests-per-hour", new(500))))!;

        terms.Policies.Policies[0].ShouldBe(plain.Policies.Policies[0] with { Limit = 500 });
        terms.Policies.Policies.Skip(1).ShouldBe(plain.Policies.Policies.Skip(1));
        terms.Plan.ShouldBe("pro");
    }

    [Fact]
    public void An_override_may_be_below_a_weight()
    {
        var terms = Good[ApiKind.Agents].Find("free", Overrides(("per-hour", new(2))))!;

        terms.Policies.Policies[0].Limit.ShouldBe(2);
        Charged(terms.ChargeFor("synthesize")).ShouldBe("per-hour:5 in-flight:1");
    }

    [Fact]
    public void A_limit_of_0_is_a_limit_whatever_requests_weigh()
    {
        var plans = PlanCatalog.Parse(GoodPlans.With("\"free\": { \"per-hour\": 1000", "\"free\": { \"per-hour\": 0")).Catalog!;

        plans[ApiKind.Agents].Find("free")!.Policies.Policies[0].Limit.ShouldBe(0);
    }

    [Fact]
    public void An_override_of_a_policy_that_is_gone_changes_nothing() =>
        Good[ApiKind.Agents].Find("free", Overrides(("gone", new(2)))).ShouldBeSameAs(Good[ApiKind.Agents].Find("free"));

    [Fact]
    public void No_plan_has_no_terms()
    {
        Good[ApiKind.Agents].Find("team").ShouldBeNull();
        Good[ApiKind.Agents].Find("team", Overrides(("per-hour", new(2)))).ShouldBeNull();
    }

    [Theory]
    [InlineData("pro", "crawls", null, true)]
    [InlineData("pro", "crawls", false, false)]
    [InlineData("free", "crawls", null, false)]
    [InlineData("free", "crawls", true, true)]
    [InlineData("free", "in-flight", null, true)]
    [InlineData("free", "in-flight", false, false)]
    public void Whether_a_policy_is_in_shadow_is_said_by_the_tenant_else_the_plan_else_the_policy(
        string plan, string policy, bool? tenant, bool shadow) =>
        Good[ApiKind.Agents].Find(plan, Overrides((policy, new(null, tenant))))!
            .Policies.Policies.Single(candidate => candidate.Name == policy).Shadow.ShouldBe(shadow);

    [Fact]
    public void A_file_with_a_byte_order_mark_is_read() =>
        PlanCatalog.Parse([.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(GoodPlans.Json)]).IsValid.ShouldBeTrue();

    private static Dictionary<string, LimitSetting> Overrides(params (string Policy, LimitSetting Setting)[] overrides) =>
        overrides.ToDictionary(item => item.Policy, item => item.Setting);

    private static string Limits(ApiTerms terms) =>
        string.Join(' ', terms.Policies.Policies.Select(policy => $"{policy.Name}={policy.Limit}"));

    private static string Charged(Charge charge) =>
        string.Join(' ', charge.Items.Select(item => $"{charge.Policies.Policies[item.Policy].Name}:{item.Permits}"));
}

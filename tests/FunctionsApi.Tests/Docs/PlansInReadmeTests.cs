using FunctionsApi.Cli;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Tenants;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Docs;

public sealed class PlansInReadmeTests
{
    [Fact]
    public void The_tables_have_every_limit_of_every_plan_that_is_sold()
    {
        var catalog = PlansInForce.Embedded.Catalog;
        var sold =
            from api in Apis.All
            from policy in catalog[api].Policies.Index()
            select string.Join(" | ", (string[])[policy.Item.Name, PlansOutput.Counts(policy.Item), .. LimitsOf(catalog[api], policy.Index)]);

        var policies = Apis.All.SelectMany(api => catalog[api].Policies).Select(policy => policy.Name).ToHashSet();
        Document.Readme.RowsAbout(policies.Contains).Select(row => string.Join(" | ", row)).ShouldBe(sold);
    }

    private static IEnumerable<string> LimitsOf(ApiPlans plans, int policy) =>
        plans.Plans.Select(plan => PlansOutput.Limit(plan.Limits[policy].Limit, plan.Limits[policy].Shadow ?? false));
}

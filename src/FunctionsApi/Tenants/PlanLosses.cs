using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Tenants;

/// <summary>What tenants have now and would lose if other plans came into force.</summary>
internal static class PlanLosses
{
    /// <returns>A sentence for each, with the remedy.</returns>
    public static IEnumerable<string> By(PlanCatalog plans, IEnumerable<StoredTenant> tenants) =>
        from tenant in tenants.Select(stored => stored.Tenant).OfType<Tenant>()
        from api in Apis.All
        from loss in By(plans[api], tenant)
        select loss;

    private static IEnumerable<string> By(ApiPlans plans, Tenant tenant)
    {
        var api = plans.Api.Name();
        var (plan, limits) = tenant[plans.Api];
        if (plan is not null && !plans.HasPlan(plan))
            yield return $"Tenant {tenant.Id} has the {api} plan '{plan}', which the file lacks. "
                + $"Keep the plan, or first run: FunctionsApi tenants set --tenant {tenant.Id} --{api} <plan>";
        foreach (var policy in limits.Keys.Where(policy => !plans.HasPolicy(policy)))
            yield return $"Tenant {tenant.Id} has a limit of its own for the {api} policy '{policy}', which the file lacks. "
                + "Keep the policy, or first run: "
                + $"FunctionsApi tenants set-limit --tenant {tenant.Id} --api {api} --policy {policy} --limit default";
    }
}

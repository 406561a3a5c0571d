using System.Collections.Concurrent;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Tenants;

/// <summary>One tenant's terms under one version of the plans; each is made when first asked for.</summary>
/// <param name="tenant">The tenant.</param>
/// <param name="eTag">The version of its row; null where it has none.</param>
/// <param name="plans">The plans.</param>
internal sealed class TenantTerms(Tenant tenant, string? eTag, PlanCatalog plans)
{
    private readonly ConcurrentDictionary<(ApiKind, string), ApiTerms?> _own = new();

    public Tenant Tenant { get; } = tenant;

    public string? ETag { get; } = eTag;

    /// <summary>About what this takes in memory, with terms of its own for every plan.</summary>
    public long Bytes => 500 + 1_000 * (Tenant.Inference.Limits.Count + Tenant.Agents.Limits.Count);

    /// <param name="api">The API.</param>
    /// <param name="planOverride">The plan of a key that has one of its own; null has the tenant's.</param>
    /// <returns>The same terms each time; null where there is no subscription, or none to a plan that exists, or the tenant has left.</returns>
    public ApiTerms? Find(ApiKind api, string? planOverride)
    {
        var subscription = Tenant[api];
        if (Tenant.HasLeft || (planOverride ?? subscription.Plan) is not { } plan)
            return null;

        return subscription.Limits.IsEmpty
            ? plans[api].Find(plan)
            : _own.GetOrAdd((api, plan), static (key, self) => self.Make(key.Item1, key.Item2), this);
    }

    private ApiTerms? Make(ApiKind api, string plan) => plans[api].Find(plan, Tenant[api].Limits);
}

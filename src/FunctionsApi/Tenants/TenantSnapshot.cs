using System.Collections.Concurrent;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Tenants;

/// <summary>
/// All tenants as they were at one revision, under one version of the plans. Tenants that were asked for since and are
/// not among them are added, also those that do not exist.
/// </summary>
/// <param name="revision">As <see cref="TenantTable.RevisionAsync"/>.</param>
/// <param name="plans">The plans.</param>
/// <param name="tenants">The tenants by id.</param>
internal sealed class TenantSnapshot(string? revision, PlanCatalog plans, IEnumerable<TenantTerms> tenants)
{
    private readonly ConcurrentDictionary<string, TenantTerms> _tenants =
        new(tenants.Select(terms => KeyValuePair.Create(terms.Tenant.Id, terms)), StringComparer.Ordinal);

    public string? Revision { get; } = revision;

    public PlanCatalog Plans { get; } = plans;

    /// <summary>What is wrong with rows of tenants; null where nothing is.</summary>
    public string? Problem { get; private init; }

    public TenantTerms? Find(string id) => _tenants.GetValueOrDefault(id);

    /// <param name="id">The tenant.</param>
    /// <param name="stored">Its row; null where it has none.</param>
    public TenantTerms Add(string id, StoredTenant? stored) => _tenants.GetOrAdd(id, Make(id, stored, Plans));

    /// <summary>The same tenants under other plans.</summary>
    public TenantSnapshot Under(PlanCatalog plans) => plans == Plans
        ? this
        : new(Revision, plans, _tenants.Values.Select(terms => new TenantTerms(terms.Tenant, terms.ETag, plans))) { Problem = Problem };

    /// <summary>
    /// The tenants at a later revision. Those that did not change keep their terms; those whose row now makes no sense
    /// stay as they were.
    /// </summary>
    public TenantSnapshot Next(string? revision, IReadOnlyList<StoredTenant> stored) =>
        new(revision, Plans, stored.Select(tenant => Keep(tenant) ?? Make(tenant.Id, tenant, Plans)))
        {
            Problem = stored.FirstOrDefault(tenant => tenant.Problem is not null)?.Problem,
        };

    private TenantTerms? Keep(StoredTenant stored) =>
        Find(stored.Id) is { } terms && (stored.Tenant is null || stored.ETag == terms.ETag) ? terms : null;

    private static TenantTerms Make(string id, StoredTenant? stored, PlanCatalog plans) =>
        new(stored?.Tenant ?? new Tenant(id), stored?.ETag, plans);
}

using FunctionsApi.Caches;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Tenants;

/// <summary>
/// All tenants as they were at one revision, under one version of the plans, as far as memory allows. Tenants that were asked
/// for since and are not among them are added, also those that do not exist.
/// </summary>
internal sealed class TenantSnapshot
{
    // Some 40,000 tenants.
    private const long MaxBytes = 32 * 1024 * 1024;

    private readonly BoundedCache<TenantTerms> _tenants = new(MaxBytes, static terms => terms.Bytes);

    /// <param name="revision">As <see cref="TenantTable.RevisionAsync"/>.</param>
    /// <param name="plans">The plans.</param>
    /// <param name="tenants">In any order.</param>
    public TenantSnapshot(string? revision, PlanCatalog plans, IEnumerable<TenantTerms> tenants)
    {
        (Revision, Plans) = (revision, plans);
        foreach (var terms in tenants)
            _tenants.Set(terms.Tenant.Id, terms);
    }

    public string? Revision { get; }

    public PlanCatalog Plans { get; }

    /// <summary>What is wrong with rows of tenants; null where nothing is.</summary>
    public string? Problem { get; private init; }

    public TenantTerms? Find(string id) => _tenants.TryGet(id, out var terms) ? terms : null;

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

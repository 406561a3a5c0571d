using FunctionsApi.Auth;
using FunctionsApi.Storage;

namespace FunctionsApi.Tenants;

/// <summary>What a newcomer finds in a new store: a tenant with a key for each plan.</summary>
internal static class DemoTenant
{
    private const string Tenant = "demo";

    // Side by side so that three keys show all six plans.
    private static readonly (string User, string Inference, string Agents)[] Users =
        [("ann", "pro", "free"), ("ben", "team", "pro"), ("cem", "enterprise", "enterprise")];

    /// <returns>The keys; none where the store has been used before.</returns>
    public static async Task<IReadOnlyList<DemoKey>> CreateAsync(ITableStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        var keys = new KeyTable(store, time);
        var tenants = new TenantTable(store);
        if (await keys.AnyAsync(cancellationToken) || await tenants.RevisionAsync(cancellationToken) is not null)
            return [];

        await tenants.ChangeAsync(Tenant, SubscribedToLeast, cancellationToken);
        var made = new List<DemoKey>();
        foreach (var (user, inference, agents) in Users)
        {
            var (_, key) = await keys.CreateAsync(new(Tenant, user, inference, agents), lifetime: null, cancellationToken);
            made.Add(new(user, inference, agents, key));
        }

        return made;
    }

    private static Tenant SubscribedToLeast(Tenant tenant) => tenant with
    {
        Inference = tenant.Inference with { Plan = Users[0].Inference },
        Agents = tenant.Agents with { Plan = Users[0].Agents },
    };
}

/// <param name="User">The tenant's user that has it.</param>
/// <param name="Inference">Its plan.</param>
/// <param name="Agents">Its plan.</param>
/// <param name="Key">Whole.</param>
internal sealed record DemoKey(string User, string Inference, string Agents, string Key);

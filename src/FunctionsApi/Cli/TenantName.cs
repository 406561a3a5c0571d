using FunctionsApi.Auth;
using FunctionsApi.Tenants;

namespace FunctionsApi.Cli;

/// <summary>A tenant's name as it is typed.</summary>
internal static class TenantName
{
    /// <exception cref="CommandException">No tenant can be called so.</exception>
    public static string Checked(string name) => Names.IsTenant(name)
        ? name
        : throw new CommandException("The tenant must be 1 to 64 letters, digits, dots, hyphens and underscores.");

    /// <summary>Sees that there is a tenant of this name: one that was made, or that has keys with plans of their own.</summary>
    /// <exception cref="CommandException">There is none.</exception>
    public static async Task RequireExistingAsync(CommandContext context, string tenant, CancellationToken cancellationToken)
    {
        var store = await context.StoreAsync();
        var stored = await new TenantTable(store).FindAsync(tenant, cancellationToken);
        if (stored?.Tenant is { } known)
            NotRemoved(known);
        if (stored is null
            && (await new KeyTable(store, context.Time).ListAsync(tenant, cancellationToken)).Count == 0)
            throw None(tenant, "--inference pro");
    }

    /// <exception cref="CommandException">All that it has is being deleted.</exception>
    public static Tenant NotRemoved(Tenant tenant) => tenant.Removed is null
        ? tenant
        : throw new CommandException($"Tenant {tenant.Id} is being deleted. Take another name, or wait until 'tenants list' no longer shows it.");

    /// <param name="tenant">Its name.</param>
    /// <param name="plan">A plan that it could have, as an option of <c>tenants set</c>.</param>
    public static CommandException None(string tenant, string plan) =>
        new($"There is no tenant {tenant}. Make it with: FunctionsApi tenants set --tenant {tenant} {plan}");
}

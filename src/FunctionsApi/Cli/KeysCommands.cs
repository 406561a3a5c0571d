using System.CommandLine;
using FunctionsApi.Auth;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Tenants;

namespace FunctionsApi.Cli;

/// <summary><c>keys create|list|revoke</c></summary>
internal static class KeysCommands
{
    private static readonly Option<string> Tenant = new("--tenant") { Required = true, Description = "Whose key." };

    private static readonly Option<string> User = new("--user")
    {
        Required = true,
        Description = "The tenant's user that it belongs to; all keys of a user share the inference limit.",
    };

    private static readonly Option<string> Inference = new("--inference")
    {
        Description = "The key's own inference plan, instead of the tenant's.",
    };

    private static readonly Option<string> Agents = new("--agents")
    {
        Description = "The key's own agents plan, instead of the tenant's.",
    };

    private static readonly Option<string> Expires = new("--expires") { Description = "After how long: 90d, 12h, 30m; never if left out." };

    private const int MaxIdLength = 64;

    private static readonly Argument<string> Id = new("id") { Description = "As keys list shows it." };

    public static Command Create(CommandContext context) => new("keys", "Create, list and revoke API keys.")
    {
        CreateKey(context),
        List(context),
        Revoke(context),
    };

    private static Command CreateKey(CommandContext context)
    {
        var command = new Command("create", "Make a key and show it, this once.") { Tenant, User, Inference, Agents, Expires };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var lifetime = arguments.GetValue(Expires) is { } text ? Lifetime.Parse(text) : (TimeSpan?)null;
            var owner = OwnerOf(arguments);
            var store = await context.StoreAsync();
            RequirePlans(owner, PlansInForce.Embedded.Next(await new PlanTable(store).ReadAsync(cancellationToken)).Catalog);
            if ((await new TenantTable(store).FindAsync(owner.Tenant, cancellationToken))?.Tenant is { } tenant)
                TenantName.NotRemoved(tenant);
            var (record, key) = await new KeyTable(store, context.Time).CreateAsync(owner, lifetime, cancellationToken);
            KeysOutput.PrintCreated(context, record, key, arguments.GetValue(CommandLine.Json));
            await WarnAsync(context, owner, await new TenantTable(store).FindAsync(owner.Tenant, cancellationToken));
            return 0;
        });
        return command;
    }

    private static Command List(CommandContext context)
    {
        var command = new Command("list", "List a tenant's keys, never whole.") { Tenant };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var keys = await new KeyTable(await context.StoreAsync(), context.Time).ListAsync(TenantOf(arguments), cancellationToken);
            KeysOutput.PrintList(context, keys, arguments.GetValue(CommandLine.Json));
            return 0;
        });
        return command;
    }

    private static Command Revoke(CommandContext context)
    {
        var command = new Command("revoke", "Revoke a key, for good.") { Id };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var id = arguments.GetRequiredValue(Id);
            var record = (id.Length > MaxIdLength ? null : await new KeyTable(await context.StoreAsync(), context.Time).RevokeAsync(id, cancellationToken))
                ?? throw new CommandException($"There is no key {id}. See the ids with: FunctionsApi keys list --tenant <tenant>");
            KeysOutput.PrintRevoked(context, record, arguments.GetValue(CommandLine.Json));
            return 0;
        });
        return command;
    }

    private static KeyOwner OwnerOf(ParseResult arguments)
    {
        var user = arguments.GetRequiredValue(User);
        return Names.IsUser(user)
            ? new(TenantOf(arguments), user, arguments.GetValue(Inference), arguments.GetValue(Agents))
            : throw new CommandException("The user must be 1 to 128 visible ASCII characters, without spaces.");
    }

    private static string TenantOf(ParseResult arguments) => TenantName.Checked(arguments.GetRequiredValue(Tenant));

    private static void RequirePlans(KeyOwner owner, PlanCatalog catalog)
    {
        foreach (var (api, plan) in new[] { (ApiKind.Inference, owner.Inference), (ApiKind.Agents, owner.Agents) })
            if (plan is not null && !catalog[api].HasPlan(plan))
                throw new CommandException(
                    $"The {api.Name()} API has no plan '{plan}'. It has: {string.Join(", ", catalog[api].Plans.Select(known => known.Name))}.");
    }

    private static async Task WarnAsync(CommandContext context, KeyOwner owner, StoredTenant? tenant)
    {
        if (tenant?.Tenant is { HasLeft: true })
        {
            await context.Error.WriteLineAsync(
                $"Tenant {owner.Tenant} has left: both APIs answer its keys 403, whatever plan they have, until it subscribes again: "
                + $"FunctionsApi tenants set --tenant {owner.Tenant} --agents <plan>");
            return;
        }

        foreach (var (api, plan) in new[] { (ApiKind.Inference, owner.Inference), (ApiKind.Agents, owner.Agents) })
            if (plan is null && tenant?.Tenant?[api].Plan is null)
                await context.Error.WriteLineAsync(
                    $"Neither the key nor its tenant has a plan for the {api.Name()} API, which answers it 403 until it has: "
                    + $"FunctionsApi tenants set --tenant {owner.Tenant} --{api.Name()} <plan>");
    }
}

using System.CommandLine;
using System.Globalization;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Tenants;

namespace FunctionsApi.Cli;

/// <summary><c>tenants set|set-limit|show|list</c></summary>
internal static class TenantsCommands
{
    private const string None = "none";
    private const string Default = "default";

    private static readonly Option<string> Id = new("--tenant")
    {
        Required = true,
        Description = "1 to 64 letters, digits, dots, hyphens and underscores.",
    };

    private static readonly Option<string> Inference = new("--inference") { Description = "The tenant's inference plan, or none. With none for both APIs it leaves: its keys have no access, those with a plan of their own neither." };

    private static readonly Option<string> Agents = new("--agents") { Description = "The tenant's agents plan, or none." };

    private static readonly Option<string> OfApi = new("--api") { Required = true, Description = "inference or agents." };

    private static readonly Option<string> OfPolicy = new("--policy") { Required = true, Description = "As plans show lists it." };

    private static readonly Option<string> Limit = new("--limit")
    {
        Required = true,
        Description = "A number, 0 to refuse every request, or default for the plan's.",
    };

    private static readonly Option<bool?> Shadow = new("--shadow")
    {
        Description = "Count and report whom the limit would refuse, and refuse nobody; false enforces it whatever the plan says.",
    };

    public static Command Create(CommandContext context) => new("tenants", "Subscribe tenants to plans, and give them limits of their own.")
    {
        Set(context),
        SetLimit(context),
        Show(context),
        List(context),
    };

    private static Command Set(CommandContext context)
    {
        var command = new Command("set", "Make a tenant, or change its plans; what is not named stays.") { Id, Inference, Agents };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var id = IdOf(arguments);
            var plans = (await PlansCommands.InForceAsync(context, cancellationToken)).Catalog;
            var (inference, agents) = (arguments.GetValue(Inference), arguments.GetValue(Agents));
            if (inference is null && agents is null)
                throw new CommandException("Nothing to set: add --inference <plan> or --agents <plan>.");
            RequirePlan(plans[ApiKind.Inference], inference);
            RequirePlan(plans[ApiKind.Agents], agents);

            var tenant = await new TenantTable(await context.StoreAsync()).ChangeAsync(
                id,
                before => Changed(before, inference, agents),
                cancellationToken);
            TenantsOutput.PrintChanged(context, tenant, plans, arguments.GetValue(CommandLine.Json));
        });
        return command;
    }

    private static Command SetLimit(CommandContext context)
    {
        var command = new Command("set-limit", "Give a tenant a limit of its own, or take it back.") { Id, OfApi, OfPolicy, Limit, Shadow };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var id = IdOf(arguments);
            var plans = (await PlansCommands.InForceAsync(context, cancellationToken)).Catalog;
            var api = ApiOf(arguments);
            var policy = arguments.GetRequiredValue(OfPolicy);
            var setting = new LimitSetting(LimitOf(arguments), arguments.GetValue(Shadow));
            if (setting != LimitSetting.None && !plans[api].HasPolicy(policy))
                throw new CommandException($"The {api.Name()} API has no policy '{policy}'. "
                    + $"It has: {string.Join(", ", plans[api].Policies.Select(known => known.Name))}.");

            var table = new TenantTable(await context.StoreAsync());
            await RequireTenantAsync(table, id, cancellationToken);
            var tenant = await table.ChangeAsync(
                id, before => before.With(api, Limited(before[api], policy, setting)), cancellationToken);
            TenantsOutput.PrintChanged(context, tenant, plans, arguments.GetValue(CommandLine.Json));
        });
        return command;
    }

    private static Command Show(CommandContext context)
    {
        var command = new Command("show", "Show every limit that holds for a tenant.") { Id };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var plans = (await PlansCommands.InForceAsync(context, cancellationToken)).Catalog;
            var tenant = await RequireTenantAsync(new(await context.StoreAsync()), IdOf(arguments), cancellationToken);
            TenantsOutput.Print(context, tenant, plans, arguments.GetValue(CommandLine.Json));
        });
        return command;
    }

    private static Command List(CommandContext context)
    {
        var command = new Command("list", "List all tenants, their plans and their own limits.");
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var tenants = await new TenantTable(await context.StoreAsync()).ListAsync(cancellationToken);
            foreach (var broken in tenants.Where(tenant => tenant.Problem is not null))
                await context.Error.WriteLineAsync(broken.Problem);
            TenantsOutput.PrintList(
                context, [.. tenants.Select(tenant => tenant.Tenant).OfType<Tenant>()], arguments.GetValue(CommandLine.Json));
            return tenants.Any(tenant => tenant.Problem is not null) ? 1 : 0;
        });
        return command;
    }

    private static Tenant Changed(Tenant before, string? inference, string? agents)
    {
        var after = before with { Inference = Subscribed(before.Inference, inference), Agents = Subscribed(before.Agents, agents) };
        var gaveUp = before.HasLeft || inference == None || agents == None;
        return after with { HasLeft = gaveUp && after is { Inference.Plan: null, Agents.Plan: null } };
    }

    private static Subscription Subscribed(Subscription before, string? plan) =>
        plan is null ? before : before with { Plan = plan == None ? null : plan };

    private static Subscription Limited(Subscription before, string policy, LimitSetting setting) => before with
    {
        Limits = setting == LimitSetting.None ? before.Limits.Remove(policy) : before.Limits.SetItem(policy, setting),
    };

    private static string IdOf(ParseResult arguments) => TenantName.Checked(arguments.GetRequiredValue(Id));

    private static ApiKind ApiOf(ParseResult arguments) => Apis.Find(arguments.GetRequiredValue(OfApi))
        ?? throw new CommandException($"There is no API '{arguments.GetValue(OfApi)}'. There are: inference, agents.");

    private static int? LimitOf(ParseResult arguments)
    {
        var text = arguments.GetRequiredValue(Limit);
        if (text == Default)
            return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 0 and <= Policy.MaxLimit
            ? limit
            : throw new CommandException(
                $"'{text}' is no limit: give a whole number from 0 to {Policy.MaxLimit}, or default for the plan's.");
    }

    private static void RequirePlan(ApiPlans plans, string? plan)
    {
        if (plan is not null and not None && !plans.HasPlan(plan))
            throw new CommandException($"The {plans.Api.Name()} API has no plan '{plan}'. "
                + $"It has: {string.Join(", ", plans.Plans.Select(known => known.Name))}; or none.");
    }

    private static async Task<Tenant> RequireTenantAsync(TenantTable table, string id, CancellationToken cancellationToken)
    {
        var stored = await table.FindAsync(id, cancellationToken)
            ?? throw new CommandException($"There is no tenant {id}. Make it with: FunctionsApi tenants set --tenant {id} --agents free");
        return stored.Tenant ?? throw new CommandException($"{stored.Problem} Correct or delete it in the table Tenants.");
    }
}

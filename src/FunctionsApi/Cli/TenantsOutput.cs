using System.Text.Json;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Tenants;
using Spectre.Console;

namespace FunctionsApi.Cli;

/// <summary>How tenants are printed.</summary>
internal static class TenantsOutput
{
    /// <summary>What a tenant has after a change.</summary>
    public static void PrintChanged(CommandContext context, Tenant tenant, PlanCatalog plans, bool json)
    {
        if (json)
        {
            context.PrintJson(writer => Write(writer, tenant));
            return;
        }

        if (tenant.HasLeft)
        {
            context.Output.WriteLine($"{tenant.Id} has left: within 30 s both APIs answer all its keys and tokens 403, keys with a plan of their own too. "
                + $"Take it back with: FunctionsApi tenants set --tenant {tenant.Id} --inference <plan> or --agents <plan>");
            return;
        }

        context.Output.WriteLine($"{tenant.Id} has inference {PlanOf(tenant.Inference)}, agents {PlanOf(tenant.Agents)}, "
            + $"limits of its own: {OwnLimits(tenant, "none")}. Every server follows within 30 s.");
        foreach (var api in Apis.All)
            if (TermsOf(tenant, plans[api]) is { Unset.Count: > 0 } terms)
                PrintUnset(context, tenant, terms);
    }

    /// <summary>Every limit that holds for a tenant.</summary>
    public static void Print(CommandContext context, Tenant tenant, PlanCatalog plans, bool json)
    {
        if (json)
        {
            context.PrintJson(writer => Write(writer, tenant));
            return;
        }

        if (tenant.HasLeft)
            context.Output.WriteLine($"{tenant.Id} has left: none of its keys has access, whatever plan it has.");
        foreach (var api in Apis.All)
        {
            context.Output.WriteLine($"{tenant.Id}: {api.Name()} {PlanOf(tenant[api])}");
            if (TermsOf(tenant, plans[api]) is not { } terms)
                continue;

            context.Print(TableOf(tenant, plans[api], terms));
            if (terms.Unset.Count > 0)
                PrintUnset(context, tenant, terms);
        }
    }

    public static void PrintList(CommandContext context, IReadOnlyList<Tenant> tenants, bool json)
    {
        if (json)
        {
            context.PrintJson(writer =>
            {
                writer.WriteStartArray();
                foreach (var tenant in tenants)
                    Write(writer, tenant);
                writer.WriteEndArray();
            });
            return;
        }

        var table = new Table().AddColumns("Tenant", "Inference", "Agents", "Own limits");
        foreach (var tenant in tenants)
            table.AddRow(
                tenant.Id,
                Left(tenant) ?? Markup.Escape(PlanOf(tenant.Inference)),
                Left(tenant) ?? Markup.Escape(PlanOf(tenant.Agents)),
                Markup.Escape(OwnLimits(tenant, "")));
        context.Print(table);
    }

    private static string? Left(Tenant tenant) => tenant switch
    {
        { Removed: not null } => "being deleted",
        { HasLeft: true } => "left",
        _ => null,
    };

    private static Table TableOf(Tenant tenant, ApiPlans plans, ApiTerms terms)
    {
        var table = new Table().AddColumns("Policy", "Counts").AddColumn(new TableColumn("Limit").RightAligned()).AddColumn("Set by");
        foreach (var definition in plans.Policies)
        {
            var policy = terms.Policies.Policies.FirstOrDefault(policy => policy.Name == definition.Name);
            table.AddRow(
                definition.Name,
                PlansOutput.Counts(definition),
                policy is null ? "not set" : PlansOutput.Limit(policy.Limit, policy.Shadow),
                policy is null ? "" : tenant[plans.Api].Limits.ContainsKey(definition.Name) ? "tenant" : "plan");
        }

        return table;
    }

    private static void PrintUnset(CommandContext context, Tenant tenant, ApiTerms terms) => context.Output.WriteLine(
        $"The {terms.Api.Name()} API answers {tenant.Id} 403 until it has a limit for each of: {string.Join(", ", terms.Unset)}. "
        + $"Set it with: FunctionsApi tenants set-limit --tenant {tenant.Id} --api {terms.Api.Name()} --policy <policy> --limit <number>");

    private static ApiTerms? TermsOf(Tenant tenant, ApiPlans plans) =>
        tenant[plans.Api].Plan is { } plan ? plans.Find(plan, tenant[plans.Api].Limits) : null;

    private static string PlanOf(Subscription subscription) => subscription.Plan ?? "none";

    private static string OwnLimits(Tenant tenant, string otherwise) =>
        Apis.All.SelectMany(api => tenant[api].Limits.Select(own => $"{api.Name()} {OwnLimit(own)}")).ToArray() is { Length: > 0 } limits
            ? string.Join(", ", limits)
            : otherwise;

    private static string OwnLimit(KeyValuePair<string, LimitSetting> own) =>
        $"{own.Key} {own.Value.Limit?.ToString("N0") ?? "as planned"}"
        + own.Value.Shadow switch { true => " (shadow)", false => " (enforced)", null => "" };

    private static void Write(Utf8JsonWriter json, Tenant tenant)
    {
        json.WriteStartObject();
        json.WriteString("tenant", tenant.Id);
        foreach (var api in Apis.All)
            json.WriteString(api.Name(), tenant[api].Plan);
        json.WriteBoolean("left", tenant.HasLeft);
        if (tenant.Removed is { } removed)
            json.WriteString("removed", removed);
        json.WriteStartObject("limits");
        foreach (var api in Apis.All)
        {
            json.WriteStartObject(api.Name());
            foreach (var (policy, setting) in tenant[api].Limits)
                Write(json, policy, setting);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string policy, LimitSetting setting)
    {
        json.WriteStartObject(policy);
        if (setting.Limit is { } limit)
            json.WriteNumber("limit", limit);
        if (setting.Shadow is { } shadow)
            json.WriteBoolean("shadow", shadow);
        json.WriteEndObject();
    }
}

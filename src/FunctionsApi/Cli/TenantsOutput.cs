using System.Text.Json;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Tenants;
using Spectre.Console;

namespace FunctionsApi.Cli;

/// <summary>How tenants are printed.</summary>
internal static class TenantsOutput
{
    /// <summary>One tenant, with every limit that holds for it.</summary>
    public static void Print(CommandContext context, Tenant tenant, PlanCatalog plans, bool json)
    {
        if (json)
        {
            context.PrintJson(writer => Write(writer, tenant));
            return;
        }

        foreach (var api in Apis.All)
            if (tenant[api].Plan is not { } plan)
                context.Output.WriteLine($"{tenant.Id} has no {api.Name()} plan.");
            else if (plans[api].Find(plan, tenant[api].Limits) is not { } terms)
                context.Output.WriteLine($"{tenant.Id} has the {api.Name()} plan {plan}, which does not exist.");
            else
                Print(context, tenant, plans[api], terms);
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
                Markup.Escape(tenant.Inference.Plan ?? "none"),
                Markup.Escape(tenant.Agents.Plan ?? "none"),
                Markup.Escape(string.Join(", ", Apis.All.SelectMany(api => tenant[api].Limits.Select(OwnLimit)))));
        context.Print(table);
    }

    private static void Print(CommandContext context, Tenant tenant, ApiPlans plans, ApiTerms terms)
    {
        var table = new Table().Title($"{tenant.Id}: {plans.Api.Name()} {terms.Plan}").AddColumns("Policy", "Counts");
        table.AddColumn(new TableColumn("Limit").RightAligned()).AddColumn("Set by");
        foreach (var definition in plans.Policies)
        {
            var policy = terms.Policies.Policies.FirstOrDefault(policy => policy.Name == definition.Name);
            var isOwn = tenant[plans.Api].Limits.ContainsKey(definition.Name);
            table.AddRow(
                definition.Name,
                PlansOutput.Counts(definition),
                policy is null ? "not set" : PlansOutput.Limit(policy.Limit, policy.Shadow),
                policy is null ? "" : isOwn ? "tenant" : "plan");
        }

        context.Print(table);
        if (terms.Unset.Count > 0)
            context.Output.WriteLine(
                $"The {plans.Api.Name()} API answers {tenant.Id} 403 until it has a limit for each of: {string.Join(", ", terms.Unset)}. "
                + $"Set it with: FunctionsApi tenants set-limit --tenant {tenant.Id} --api {plans.Api.Name()} --policy <policy> --limit <number>");
    }

    private static string OwnLimit(KeyValuePair<string, LimitSetting> own) =>
        $"{own.Key} {own.Value.Limit?.ToString("N0") ?? "as planned"}"
        + own.Value.Shadow switch { true => " (shadow)", false => " (enforced)", null => "" };

    private static void Write(Utf8JsonWriter json, Tenant tenant)
    {
        json.WriteStartObject();
        json.WriteString("tenant", tenant.Id);
        foreach (var api in Apis.All)
            json.WriteString(api.Name(), tenant[api].Plan);
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

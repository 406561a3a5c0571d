using FunctionsApi.Quotas.Policies;
using Spectre.Console;

namespace FunctionsApi.Cli;

/// <summary>How plans are printed.</summary>
internal static class PlansOutput
{
    public static void Print(CommandContext context, PlanCatalog catalog)
    {
        foreach (var api in Apis.All)
        {
            context.Output.WriteLine(api.Name());
            context.Print(TableOf(catalog[api]));
        }
    }

    public static void PrintErrors(CommandContext context, string path, PlanParseResult result)
    {
        foreach (var error in result.Errors)
            context.Error.WriteLine($"{path}:{error}");
    }

    public static void PrintJson(CommandContext context, PlanParseResult result) => context.PrintJson(json =>
    {
        json.WriteStartObject();
        json.WriteBoolean("valid", result.IsValid);
        json.WriteStartArray("errors");
        foreach (var error in result.Errors)
        {
            json.WriteStartObject();
            json.WriteNumber("line", error.Line);
            json.WriteNumber("column", error.Column);
            json.WriteString("path", error.Path);
            json.WriteString("problem", error.Problem);
            json.WriteString("remedy", error.Remedy);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <summary>A limit as a table shows it.</summary>
    public static string Limit(int? limit, bool shadow) =>
        (limit is { } number ? $"{number:N0}" : "per tenant") + (shadow ? " (shadow)" : "");

    /// <summary>What a policy counts, in a few words.</summary>
    public static string Counts(PolicyDefinition policy) => (policy.CountsCredits ? "credits, " : "") + policy.Algorithm switch
    {
        Algorithm.Concurrency => "in flight at once",
        Algorithm.SlidingWindow => $"any {WindowLength.Write(policy.Window)}",
        _ when policy.Burst is { } burst =>
            $"each {WindowLength.Write(policy.Window)}, burst {burst.Factor}x for {WindowLength.Write(burst.Length)}",
        _ => $"each {WindowLength.Write(policy.Window)}",
    };

    private static Table TableOf(ApiPlans plans)
    {
        var table = new Table().AddColumns("Policy", "Counts", "Endpoints");
        foreach (var plan in plans.Plans)
            table.AddColumn(new TableColumn(plan.Name).RightAligned());
        foreach (var (place, policy) in plans.Policies.Index())
            table.AddRow([
                policy.Name,
                Counts(policy),
                Endpoints(policy),
                .. plans.Plans.Select(plan => Limit(plan.Limits[place].Limit, plan.Limits[place].Shadow ?? policy.Shadow)),
            ]);
        return table;
    }

    private static string Endpoints(PolicyDefinition policy)
    {
        var names = !policy.IsGeneral ? string.Join(", ", policy.Only)
            : policy.Except.IsEmpty ? "all"
            : $"all but {string.Join(", ", policy.Except)}";
        return string.Join("; ", [names, .. policy.Weights.Order().Select(weight => $"{weight.Key} weighs {weight.Value:N0}")]);
    }
}

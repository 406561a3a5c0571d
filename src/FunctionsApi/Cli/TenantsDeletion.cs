using System.CommandLine;
using FunctionsApi.Agents;
using FunctionsApi.Agents.Knowledge;
using FunctionsApi.Auth;
using FunctionsApi.Ledgers;
using FunctionsApi.Settings;
using FunctionsApi.Storage;
using FunctionsApi.Sweeps;

namespace FunctionsApi.Cli;

/// <summary><c>tenants delete</c></summary>
internal static class TenantsDeletion
{
    private static readonly Option<bool> Yes = new("--yes") { Description = "Delete it. Without this, only what there is is told." };

    public static Command Create(CommandContext context, Option<string> tenant)
    {
        var command = new Command("delete", "Delete all that a tenant has: keys, deployments, counters, usage, events, documents, jobs and alerts. There is no way back.") { tenant, Yes };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var (id, json) = (TenantName.Checked(arguments.GetRequiredValue(tenant)), arguments.GetValue(CommandLine.Json));
            var removal = (await StoredAsync(context)).Removal;
            await RequireAnythingAsync(context, removal, id, cancellationToken);
            if (!arguments.GetValue(Yes))
            {
                Print(context, json, id, "There are", await removal.CountAsync(id, cancellationToken), isDeleted: false);
                await context.Error.WriteLineAsync("Nothing was deleted. To delete it for good, add --yes.");
                return 1;
            }

            var (deleted, isOver) = await removal.DeleteAsync(id, cancellationToken);
            Print(context, json, id, "Deleted", deleted, isDeleted: true);
            if (!json)
                context.Output.WriteLine(isOver
                    ? $"Tenant {id} is gone."
                    : $"The keys are revoked. They, and what requests that were under way still write for {id}, are deleted by the sweep that comes in an hour or two, and the tenant is gone then.");
            return 0;
        });
        return command;
    }

    /// <summary>What is in the store, for commands that delete.</summary>
    public static async Task<Stored> StoredAsync(CommandContext context)
    {
        var store = await context.StoreAsync();
        var entities = context.Settings.Ledger == LedgerKind.Entities ? new HubTables(store, context.Settings.TaskHub) : null;
        // One command works at a time: nobody's turns are in its way.
        var documents = new DocumentTable(store, new TenantTurns(), context.Settings.Knowledge, context.Time);
        return new(store, documents, entities, new(store, documents, new(store, entities, new KeyTable(store, context.Time)), context.Time));
    }

    private static async Task RequireAnythingAsync(CommandContext context, TenantRemoval removal, string tenant, CancellationToken cancellationToken)
    {
        // One that is being deleted has a row, and may have nothing else any more.
        if (await new Tenants.TenantTable(await context.StoreAsync()).FindAsync(tenant, cancellationToken) is null
            && (await removal.CountAsync(tenant, cancellationToken)).All(kind => kind.Count == 0))
            throw new CommandException($"There is no tenant {tenant}, and nothing of one.");
    }

    private static void Print(
        CommandContext context, bool json, string tenant, string what, IReadOnlyList<(string Kind, long Count)> counts, bool isDeleted)
    {
        if (!json)
        {
            context.Output.WriteLine($"{what} of tenant {tenant}: {string.Join(", ", counts.Select(kind => $"{kind.Count:N0} {Words(kind.Kind)}"))}.");
            return;
        }

        context.PrintJson(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("tenant", tenant);
            writer.WriteBoolean("deleted", isDeleted);
            writer.WriteStartObject("counts");
            foreach (var (kind, count) in counts)
                writer.WriteNumber(kind, count);
            writer.WriteEndObject();
            writer.WriteEndObject();
        });
    }

    private static string Words(string kind) => kind switch
    {
        "usageRows" => "rows of usage",
        "eventRows" => "rows of events",
        "counters" => "partitions' counters",
        "alerts" => "settings of alerts",
        _ => kind,
    };

    /// <param name="Store">The store.</param>
    /// <param name="Documents">The documents in it.</param>
    /// <param name="Entities">Null where no Functions host runs.</param>
    /// <param name="Removal">Deletes all that a tenant has.</param>
    internal sealed record Stored(ITableStore Store, DocumentTable Documents, HubTables? Entities, TenantRemoval Removal);
}

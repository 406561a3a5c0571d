using System.CommandLine;
using System.Text.Json;
using FunctionsApi.Ledgers;
using FunctionsApi.Settings;
using FunctionsApi.Sweeps;

namespace FunctionsApi.Cli;

/// <summary><c>sweep</c></summary>
internal static class SweepCommand
{
    public static Command Create(CommandContext context)
    {
        var command = new Command("sweep", "Delete counters that count nothing any more, and usage and webhook messages past their retention; servers do so every hour.");
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var sweeper = new Sweeper(
                await context.StoreAsync(), context.Settings.Usage.Retention, context.Time,
                context.Settings.Ledger == LedgerKind.Entities ? new HubTables(await context.StoreAsync(), context.Settings.TaskHub) : null);
            var report = await sweeper.RunOnceAsync(cancellationToken);
            if (arguments.GetValue(CommandLine.Json))
                context.PrintJson(json => Write(json, report));
            else
                context.Output.WriteLine(report is null
                    ? "A server is sweeping at this moment."
                    : $"Deleted {Text(report.Quotas)} partitions' counters, and {Text(report.Usage)} hours of usage and {Text(report.Messages)} webhook messages past their retention.");
            return 0;
        });
        return command;
    }

    private static string Text(SweptRows rows) => $"{rows.Deleted:N0} of {rows.Seen:N0}";

    private static void Write(Utf8JsonWriter json, SweepReport? report)
    {
        json.WriteStartObject();
        json.WriteBoolean("swept", report is not null);
        Write(json, "quotas", report?.Quotas ?? default);
        Write(json, "usage", report?.Usage ?? default);
        Write(json, "messages", report?.Messages ?? default);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string table, SweptRows rows)
    {
        json.WriteStartObject(table);
        json.WriteNumber("seen", rows.Seen);
        json.WriteNumber("deleted", rows.Deleted);
        json.WriteEndObject();
    }
}

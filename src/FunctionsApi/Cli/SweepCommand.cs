using System.CommandLine;
using System.Text.Json;
using FunctionsApi.Sweeps;

namespace FunctionsApi.Cli;

/// <summary><c>sweep</c></summary>
internal static class SweepCommand
{
    public static Command Create(CommandContext context)
    {
        var command = new Command("sweep", "Delete counters that count nothing any more, and what is past its retention; servers do so every hour.");
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var stored = await TenantsDeletion.StoredAsync(context);
            var sweeper = new Sweeper(
                stored.Store, context.Settings.Usage.Retention, context.Settings.Retention, stored.Documents, context.Time, stored.Entities);
            var report = await sweeper.RunOnceAsync(cancellationToken);
            if (report is not null)
                await stored.Removal.GoOnAsync(cancellationToken);
            if (arguments.GetValue(CommandLine.Json))
                context.PrintJson(json => Write(json, report));
            else
                context.Output.WriteLine(report is null
                    ? "A server is sweeping at this moment."
                    : $"Deleted {Text(report.Quotas)} partitions' counters, and {Text(report.Usage)} hours of usage, {Text(report.Messages)} webhook messages, "
                    + $"{Text(report.Events)} rows of events, {Text(report.Jobs)} jobs and {Text(report.Documents)} documents past their retention.");
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
        Write(json, "events", report?.Events ?? default);
        Write(json, "jobs", report?.Jobs ?? default);
        Write(json, "documents", report?.Documents ?? default);
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

using System.CommandLine;
using System.Text.Json;
using FunctionsApi.Usage;
using Spectre.Console;

namespace FunctionsApi.Cli;

/// <summary><c>usage</c></summary>
internal static class UsageCommands
{
    public static Command Create(CommandContext context)
    {
        var tenant = new Option<string>("--tenant") { Description = "Whose usage.", Required = true };
        var key = new Option<string?>("--key") { Description = "One API key's id; all of the tenant's without it." };
        var by = new Option<string?>("--by") { Description = "hour (the default) or day." };
        var from = new Option<string?>("--from") { Description = "Date or time, UTC. Default: 24 hours or 30 days back." };
        var to = new Option<string?>("--to") { Description = "Date or time, UTC, exclusive. Default: now." };
        var command = new Command("usage", "Show what a tenant has consumed.") { tenant, key, by, from, to };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            if (!ReportPeriod.TryParse(
                arguments.GetValue(by), arguments.GetValue(from), arguments.GetValue(to), context.Time.GetUtcNow(), out var period, out var error))
                throw new CommandException(error);
            var report = await ReadAsync(context, TenantName.Checked(arguments.GetRequiredValue(tenant)), arguments.GetValue(key), period, cancellationToken);
            if (arguments.GetValue(CommandLine.Json))
                context.PrintJson(json => JsonSerializer.Serialize(json, report, UsageJson.Default.UsageReport));
            else
                Print(context, report);
            return 0;
        });
        return command;
    }

    private static async Task<UsageReport> ReadAsync(
        CommandContext context, string tenant, string? key, ReportPeriod period, CancellationToken cancellationToken)
    {
        var table = new UsageTable(await context.StoreAsync());
        using var nothingRecorded = new UsageRecorder(table, context.Time.GetUtcNow);
        return UsageReport.Of(tenant, key, period, await new UsageReader(table, nothingRecorded).ReadAsync(tenant, key, period, cancellationToken));
    }

    private static void Print(CommandContext context, UsageReport report)
    {
        var whose = report.Key is null ? report.Tenant : $"{report.Tenant}, key {report.Key}";
        var when = $"{report.From:yyyy-MM-dd HH:mm} to {report.To:yyyy-MM-dd HH:mm} UTC";
        if (report.Usage.Count == 0)
            context.Output.WriteLine($"No usage of {whose} from {when}.");
        else
            context.Print(TableOf(report, $"{whose}: {when}"));
    }

    private static Table TableOf(UsageReport report, string title)
    {
        var table = new Table().Title(Markup.Escape(title)).Border(TableBorder.Simple).AddColumns("Time", "Endpoint");
        foreach (var count in (string[])["Admitted", "Refused", "Shadow", "Errors", "Permits", "Credits"])
            table.AddColumn(new TableColumn(count).RightAligned());
        DateTimeOffset? previous = null;
        foreach (var line in report.Usage)
        {
            // A time is shown once, so that its lines read as one group.
            table.AddRow(Cells(line, line.Time == previous ? "" : $"{line.Time:yyyy-MM-dd HH:mm}"));
            previous = line.Time;
        }

        table.AddEmptyRow();
        foreach (var line in report.Totals)
            table.AddRow(Cells(line, line == report.Totals[0] ? "Total" : ""));
        return table;
    }

    private static string[] Cells(UsageLine line, string time) =>
    [
        time,
        Markup.Escape($"{line.Api} {line.Endpoint}"),
        Count(line.Admitted),
        Count(line.Refused + line.Unavailable),
        Count(line.ShadowRefused.Values.Sum()),
        Count(line.ClientErrors + line.ServerErrors),
        Count(line.Permits),
        Count(line.Credits),
    ];

    private static string Count(long count) => count == 0 ? "-" : $"{count:N0}";
}

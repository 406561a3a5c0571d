using FunctionsApi.Operations;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace FunctionsApi.Cli;

/// <summary>How <c>top</c> looks.</summary>
internal static class TopView
{
    public static IRenderable Of(OperationsReport report)
    {
        var running = report.Instances.Count(one => one.State == "running");
        List<IRenderable> parts =
        [
            new Text($"{report.At:yyyy-MM-dd HH:mm:ss} UTC: {(running == 1 ? "1 instance runs" : $"{running} instances run")}"),
            Instances(report),
        ];
        if (Periods(report) is { } periods)
            parts.Add(periods);
        parts.Add(Consumers(report));
        if (report.Shadows.Count > 0)
            parts.Add(Shadows(report));
        return new Rows(parts);
    }

    private static Table Instances(OperationsReport report)
    {
        var table = Titled("Instances and the ledger").AddColumns("Instance", "State", "Ledger");
        foreach (var title in (string[])["Ops/min", "Failed", "p50 ms", "p95 ms", "Partitions"])
            table.AddColumn(new TableColumn(title).RightAligned());
        // A terminal of 80 columns has room for that; the page and --json have more.
        foreach (var column in table.Columns)
            column.NoWrap().Padding(1, 0);
        foreach (var (state, instance) in report.Instances.Select(one => (one.State, one.Instance)))
        {
            var (ledger, last) = (instance.Ledger, instance.Ledger.Last);
            table.AddRow(
                Markup.Escape(instance.Name),
                Coloured(state, state switch { "running" => "green", "silent" => "red", _ => "grey" }),
                Coloured(ledger.State, state != "running" ? "grey" : ledger.State switch { "well" => "green", "away" => "red", _ => "yellow" }),
                $"{last.Operations:N0}", $"{last.Failed:N0}", Milliseconds(last.P50Ms), Milliseconds(last.P95Ms), $"{instance.Partitions:N0}");
        }

        return table;
    }

    private static Table? Periods(OperationsReport report)
    {
        const int Latest = 5;
        var periods = report.Instances.SelectMany(one => one.Instance.Ledger.Periods, (one, period) => (one.Instance.Name, Period: period))
            .OrderByDescending(one => one.Period.Since).Take(Latest).ToList();
        if (periods.Count == 0)
            return null;
        var table = Titled("When the ledger was not well").AddColumns("Instance", "State", "Since", "Until");
        foreach (var (name, period) in periods)
            table.AddRow(Markup.Escape(name), Markup.Escape(period.State), $"{period.Since:u}", period.Until is { } until ? $"{until:u}" : "now");
        return table;
    }

    private static Table Consumers(OperationsReport report)
    {
        var table = Titled("Largest consumers this hour").AddColumns("Tenant", "Key", "API");
        foreach (var title in (string[])["Requests", "Admitted", "Refused", "No decision", "Credits"])
            table.AddColumn(new TableColumn(title).RightAligned());
        foreach (var one in report.Consumers)
            table.AddRow(
                Markup.Escape(one.Tenant), Markup.Escape(one.Key), Markup.Escape(one.Api),
                $"{one.Requests:N0}", $"{one.Admitted:N0}", $"{one.Refused:N0}", $"{one.Unavailable:N0}", $"{one.Credits:N0}");
        return table;
    }

    private static Table Shadows(OperationsReport report)
    {
        var table = Titled("Shadow policies this hour").AddColumns("Tenant", "API", "Policy").AddColumn(new TableColumn("Would have refused").RightAligned());
        foreach (var one in report.Shadows)
            table.AddRow(Markup.Escape(one.Tenant), Markup.Escape(one.Api), Markup.Escape(one.Policy), $"{one.WouldHaveRefused:N0}");
        return table;
    }

    private static Table Titled(string title) => new Table().Title(title).Border(TableBorder.Simple);

    private static string Coloured(string text, string colour) => $"[{colour}]{Markup.Escape(text)}[/]";

    private static string Milliseconds(double? value) => value is { } number ? $"{number:N1}" : "-";
}

using System.Globalization;
using System.Text.Json;
using FunctionsApi.Cli;
using Spectre.Console;

namespace FunctionsApi.Simulator;

/// <summary>How simulations are printed.</summary>
/// <param name="context">Where to.</param>
/// <param name="price">Dollars for 10,000 storage operations.</param>
/// <param name="taken">How long the simulation took.</param>
internal sealed class SimulateOutput(CommandContext context, double price, Func<TimeSpan> taken)
{
    public void Print(FleetReport report, bool asJson)
    {
        if (asJson)
        {
            context.PrintJson(json => Write(json, report));
            return;
        }

        context.Output.WriteLine(Title(report.Settings));
        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumn("").AddColumn(new TableColumn("").RightAligned());
        foreach (var (name, value) in Figures(report))
            table.AddRow(name, value);
        context.Print(table);
        context.Output.WriteLine();
        Warn(report);
        PrintTime(1, report.Settings);
    }

    public void Print(IReadOnlyList<SweptAxis> axes, bool asJson)
    {
        if (asJson)
        {
            context.PrintJson(json =>
            {
                json.WriteStartArray();
                foreach (var report in axes.SelectMany(axis => axis.Reports))
                    Write(json, report);
                json.WriteEndArray();
            });
            return;
        }

        foreach (var axis in axes)
        {
            context.Output.WriteLine(Title(axis.Reports[^1].Settings) + $"; swept: {axis.Name}");
            var table = new Table().Border(TableBorder.Simple).AddColumn(new TableColumn(axis.Name).RightAligned());
            foreach (var heading in (string[])["Operations/s", "per 1,000 admitted", "$ per million", "Waited", "p50", "p99", "Unusable", "Refused", "Conflicts"])
                table.AddColumn(new TableColumn(heading).RightAligned());
            foreach (var report in axis.Reports)
                table.AddRow([Number(axis.ValueOf(report)), .. Row(report)]);
            context.Print(table);
            Warn(axis.Reports[^1]);
        }
        PrintTime(axes.Sum(axis => axis.Reports.Count), axes[0].Reports[0].Settings);
    }

    private void PrintTime(int fleets, FleetSettings settings) => context.Output.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"Simulated {(fleets == 1 ? "" : $"{fleets} fleets, each ")}{settings.Length.TotalSeconds:N0} s after {FleetSettings.WarmUp.TotalSeconds:N0} s of warm-up, in {taken().TotalSeconds:N1} s."));

    private void Warn(FleetReport report)
    {
        foreach (var warning in report.Warnings())
            context.Output.WriteLine($"Warning: {warning}");
    }

    private static string Title(FleetSettings settings) => string.Create(CultureInfo.InvariantCulture,
        $"{settings.Instances:N0} instances, {settings.Keys:N0} keys (zipf {settings.Zipf}), {settings.RequestsPerSecond:N0} requests/s, "
        + $"{string.Join(", ", settings.Charge.Items.Select((_, item) => $"{settings.Charge.PolicyOf(item).Name} {settings.Charge.PolicyOf(item).Limit:N0}"))}, "
        + $"{(settings.OnEntities ? "durable entities, " : "")}store {settings.Latency.TotalMilliseconds:0.#} ms away, {settings.Length.TotalSeconds:N0} s, seed {settings.Seed}");

    private IEnumerable<(string Name, string Value)> Figures(FleetReport report) =>
    [
        ("Requests", Number(report.Requests)),
        ("  refused", Percent(report.RefusedShare)),
        ("  waited for the ledger", Percent(report.WaitedShare)),
        ("    half of them no longer than", Milliseconds(report.WaitP50)),
        ("    99 % of them no longer than", Milliseconds(report.WaitP99)),
        ("Storage operations/s", Number(report.OperationsPerSecond)),
        ("  per 1,000 admissions", Number(report.OperationsPerThousandAdmissions)),
        ("  conflicts", Percent(report.ConflictShare)),
        ("  most in a second", Number(report.MostOperationsInASecond)),
        ("  most in a second for one key", Number(report.MostOperationsInASecondOfOnePartition)),
        ("Dollars per million requests", Dollars(report)),
        ("Unusable quota, of limits that refused", Percent(report.UnusableShare)),
    ];

    private string[] Row(FleetReport report) =>
    [
        Number(report.OperationsPerSecond), Number(report.OperationsPerThousandAdmissions), Dollars(report),
        Percent(report.WaitedShare), Milliseconds(report.WaitP50), Milliseconds(report.WaitP99),
        Percent(report.UnusableShare), Percent(report.RefusedShare), Percent(report.ConflictShare),
    ];

    private void Write(Utf8JsonWriter json, FleetReport report)
    {
        json.WriteStartObject();
        json.WriteNumber("instances", report.Settings.Instances);
        json.WriteNumber("keys", report.Settings.Keys);
        json.WriteNumber("zipf", report.Settings.Zipf);
        json.WriteNumber("requestsPerSecond", report.Settings.RequestsPerSecond);
        json.WriteNumber("latencyMs", report.Settings.Latency.TotalMilliseconds);
        json.WriteString("ledger", report.Settings.OnEntities ? "entities" : "table");
        json.WriteNumber("seconds", report.Settings.Length.TotalSeconds);
        json.WriteNumber("seed", report.Settings.Seed);
        json.WriteNumber("requests", report.Requests);
        json.WriteNumber("admitted", report.Admitted);
        json.WriteNumber("refused", report.Refused);
        json.WriteNumber("unavailable", report.Unavailable);
        json.WriteNumber("waited", report.Waited);
        json.WriteNumber("waitP50Ms", report.WaitP50.TotalMilliseconds);
        json.WriteNumber("waitP99Ms", report.WaitP99.TotalMilliseconds);
        json.WriteNumber("storageOperations", report.StorageOperations);
        json.WriteNumber("storageOperationsPerSecond", report.OperationsPerSecond);
        json.WriteNumber("storageOperationsPerThousandAdmissions", report.OperationsPerThousandAdmissions);
        json.WriteNumber("conflicts", report.Conflicts);
        json.WriteNumber("mostStorageOperationsInASecond", report.MostOperationsInASecond);
        json.WriteNumber("mostStorageOperationsInASecondOfOneKey", report.MostOperationsInASecondOfOnePartition);
        json.WriteNumber("dollarsPerMillionRequests", report.DollarsPerMillionRequests(price));
        json.WriteNumber("unusableShareOfLimits", report.UnusableShare);
        json.WriteStartArray("warnings");
        foreach (var warning in report.Warnings())
            json.WriteStringValue(warning);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private string Dollars(FleetReport report) => report.DollarsPerMillionRequests(price).ToString("0.000", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Percent(double share) => share.ToString("0.0 %", CultureInfo.InvariantCulture);

    private static string Milliseconds(TimeSpan time) => time.TotalMilliseconds.ToString("0.0 ms", CultureInfo.InvariantCulture);
}

using System.Text.RegularExpressions;
using FunctionsApi.Tests.Docs;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infra;

public sealed partial class AlertsTests
{
    private static readonly Document Operations = new(Path.Combine("docs", "operations.md"));

    [Fact]
    public async Task The_operations_manual_says_what_to_do_about_every_alert()
    {
        var explained = Operations.RowsAbout(code => code.StartsWith("functionsapi-", StringComparison.Ordinal)).Select(row => row[0].Split('`')[0]);
        explained.ShouldBe(
        [
            "functionsapi-server-errors", "functionsapi-throttled-tables", "functionsapi-throttled-queues",
            .. (await LogAlertsAsync()).Select(alert => "functionsapi-" + alert.Name),
        ]);
    }

    [Fact]
    public async Task What_an_alert_searches_for_is_what_the_program_measures()
    {
        foreach (var (name, query) in (await LogAlertsAsync()).Where(alert => alert.Query.Contains("AppMetrics", StringComparison.Ordinal)))
        {
            var metric = MetricPattern().Match(query).Groups[1].Value;
            var row = Operations.RowsAbout(code => code == metric).ShouldHaveSingleItem(name);
            foreach (Match outcome in OutcomePattern().Matches(query))
                row[^1].ShouldContain($"`{outcome.Groups[1].Value}`", customMessage: name);
        }
    }

    private static async Task<(string Name, string Query)[]> LogAlertsAsync() =>
    [
        .. (await InfraFiles.ModuleAsync("ledgerAlerts")).Variable("alerts").AsArray()
            .Select(alert => (alert!["name"]!.GetValue<string>(), alert["query"]!.GetValue<string>())),
    ];

    [GeneratedRegex(@"Name == '([\w.]+)'")]
    private static partial Regex MetricPattern();

    [GeneratedRegex(@"Properties\['functionsapi\.outcome'\]\) == '(\w+)'")]
    private static partial Regex OutcomePattern();
}

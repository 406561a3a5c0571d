using FunctionsApi.Settings;
using Microsoft.Extensions.Configuration;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Docs;

public sealed class SettingsInReadmeTests
{
    private static readonly string[] OfTheFramework = ["ASPNETCORE_URLS", "ASPNETCORE_ENVIRONMENT"];

    [Fact]
    public void The_table_has_every_setting_that_is_read_and_no_other() =>
        Rows.Select(row => row[0]).Except(OfTheFramework).ShouldBe(Known(), ignoreOrder: true);

    [Fact]
    public void What_the_table_gives_as_default_is_what_holds_without_it()
    {
        var unset = Read([]);
        var given = Rows.Where(row => row[1].Length > 0 && !OfTheFramework.Contains(row[0])).ToList();
        given.ShouldNotBeEmpty();
        foreach (var row in given)
            Read([new(row[0].Replace("__", ":", StringComparison.Ordinal), row[1])]).ShouldBe(unset, row[0]);
    }

    private static IEnumerable<string[]> Rows =>
        Document.Readme.RowsAbout(code => code.Contains("__", StringComparison.Ordinal) || code.All(c => char.IsAsciiLetterUpper(c) || c == '_'));

    private static IEnumerable<string> Known() => AppSettings.All.Select(setting => SettingsText.EnvironmentName(setting.Name));

    private static AppSettings Read(KeyValuePair<string, string?>[] values) =>
        AppSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
}

using System.Text.Json;
using FunctionsApi.Settings;
using FunctionsApi.Tests.Docs;
using Microsoft.Extensions.Configuration;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Functions;

/// <summary>What a newcomer copies to local.settings.json.</summary>
public sealed class LocalSettingsTests
{
    private static readonly string[] OfTheHost = ["FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage"];

    private static readonly IReadOnlyDictionary<string, string?> Values =
        JsonElement.Parse(File.ReadAllText(Path.Combine(Document.Repository, "local.settings.sample.json")))
            .GetProperty("Values").EnumerateObject().ToDictionary(value => value.Name, value => value.Value.GetString());

    [Fact]
    public void Every_setting_is_the_hosts_or_stands_in_the_readme()
    {
        var known = Document.Readme.RowsAbout(_ => true).Select(row => row[0]);
        Values.Keys.ShouldBeSubsetOf(known.Concat(OfTheHost));
        Values["FUNCTIONS_WORKER_RUNTIME"].ShouldBe("dotnet-isolated");
    }

    [Fact]
    public void The_program_takes_them()
    {
        var settings = Values.ToDictionary(value => value.Key.Replace("__", ":", StringComparison.Ordinal), value => value.Value);
        Should.NotThrow(() => AppSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), underFunctionsHost: true));
    }
}

using FunctionsApi.Tests.Docs;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infra;

/// <summary>The settings that the app gets are those that the program reads; infra/README.md names each of them and why.</summary>
public sealed class AppSettingsTests
{
    private const string Unset = "unset";

    [Fact]
    public async Task What_the_program_reads_is_set_or_left_unset_for_a_reason()
    {
        var set = await KeysAsync("programSettings");
        var unset = Rows.Where(row => row[1] == Unset).Select(row => row[0]).ToArray();
        set.ShouldAllBe(name => !unset.Contains(name));
        set.Concat(unset).ShouldBe(ReadByTheProgram, ignoreOrder: true);
    }

    [Fact]
    public async Task What_the_platform_reads_is_explained()
    {
        var platform = await KeysAsync("platformSettings");
        platform.ShouldAllBe(name => !ReadByTheProgram.Contains(name));
        Rows.Where(row => row[1] != Unset).Select(row => row[0]).ShouldBe(platform.Concat(await KeysAsync("programSettings")), ignoreOrder: true);
        Rows.Where(row => row[1] == Unset || platform.Contains(row[0])).ShouldAllBe(row => row[2].Length > 0);
    }

    [Fact]
    public async Task What_is_set_is_all_that_there_is_and_gets_to_the_app()
    {
        var app = await InfraFiles.ModuleAsync("app");
        app.Variable("settings").GetValue<string>().ShouldContain("items(union(variables('platformSettings'), variables('programSettings')))");
        app.Resource("app")["properties"]!["siteConfig"]!["copy"]!.AsArray().Single()!["input"]!["value"]!.GetValue<string>()
            .ShouldBe("[variables('settings')[copyIndex('appSettings')].value]");
    }

    [Fact]
    public async Task No_setting_holds_a_secret()
    {
        string[] names = [.. await KeysAsync("platformSettings"), .. await KeysAsync("programSettings")];
        names.ShouldAllBe(name => !name.Contains("Secret", StringComparison.OrdinalIgnoreCase) && !name.EndsWith("Storage__ConnectionString", StringComparison.Ordinal));
        foreach (var path in Directory.EnumerateFiles(InfraFiles.Folder, "*.bicep", SearchOption.AllDirectories))
            foreach (var revealing in (string[])["listKeys", "AccountKey", "listAccountSas", "@secure"])
                (await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken)).ShouldNotContain(revealing, customMessage: path);
    }

    private static string[] ReadByTheProgram { get; } =
        [.. Document.Readme.RowsAbout(IsSetting).Select(row => row[0])];

    private static IEnumerable<string[]> Rows => InfraFiles.Readme.RowsAbout(IsSetting);

    private static bool IsSetting(string code) =>
        code.Contains("__", StringComparison.Ordinal) || code.StartsWith("AzureWebJobs", StringComparison.Ordinal) || code.All(c => char.IsAsciiLetterUpper(c) || c == '_');

    private static async Task<string[]> KeysAsync(string variable) =>
        [.. (await InfraFiles.ModuleAsync("app")).Variable(variable).AsObject().Select(setting => setting.Key)];
}

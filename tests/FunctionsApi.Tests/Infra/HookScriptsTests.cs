using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infra;

/// <summary>The text of the scripts around a deployment.</summary>
public sealed partial class HookScriptsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hooks");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Every_shell_script_is_sound_and_can_be_run()
    {
        var scripts = Directory.GetFiles(InfraFiles.Hooks, "*.sh");
        scripts.ShouldNotBeEmpty();
        foreach (var script in scripts)
        {
            (await ShellErrorsAsync(script)).ShouldBeEmpty();
            if (!OperatingSystem.IsWindows())
                File.GetUnixFileMode(script).HasFlag(UnixFileMode.UserExecute).ShouldBeTrue(script);
        }
    }

    [Fact]
    public async Task Every_PowerShell_script_is_sound()
    {
        var scripts = Directory.GetFiles(InfraFiles.Hooks, "*.ps1");
        scripts.ShouldNotBeEmpty();
        foreach (var script in scripts)
            (await InfraFiles.PowerShellErrorsAsync(script)).ShouldBeEmpty(script);
    }

    [Fact]
    public async Task An_unsound_script_is_noticed()
    {
        (await ShellErrorsAsync(await WriteAsync("broken.sh", "if true; then echo;"))).ShouldContain("syntax error");
        (await InfraFiles.PowerShellErrorsAsync(await WriteAsync("broken.ps1", "if ($true) { Write-Output 'yes'"))).ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData("preprovision")]
    [InlineData("postprovision")]
    public async Task The_PowerShell_script_says_and_runs_what_the_shell_script_does(string hook)
    {
        var shell = await ReadAsync(hook + ".sh");
        var powerShell = await ReadAsync(hook + ".ps1");

        var sentences = SentencePattern().Matches(shell).Select(match => match.Groups[1].Value).ToArray();
        sentences.ShouldNotBeEmpty();
        sentences.ShouldAllBe(sentence => powerShell.Contains(sentence));
        Commands(powerShell).ShouldBe(Commands(shell));
    }

    // PowerShell takes a bare -- for itself.
    private static IEnumerable<string> Commands(string script) =>
        CommandPattern().Matches(script).Select(match => match.Value.Trim().Replace("'--'", "--", StringComparison.Ordinal));

    private static async Task<string> ShellErrorsAsync(string script)
    {
        Command.RequireBash();
        return (await Command.RunAsync("bash", ["-n", script])).Errors;
    }

    private static Task<string> ReadAsync(string hook) =>
        File.ReadAllTextAsync(Path.Combine(InfraFiles.Hooks, hook), TestContext.Current.CancellationToken);

    private async Task<string> WriteAsync(string name, string script)
    {
        var path = Path.Combine(_folder.FullName, name);
        await File.WriteAllTextAsync(path, script, TestContext.Current.CancellationToken);
        return path;
    }

    // What is said to people: long, with a space, without a variable.
    [GeneratedRegex("(?<!#.*)\"([A-Z][^\"$]{20,})\"")]
    private static partial Regex SentencePattern();

    [GeneratedRegex(@"dotnet (build|run) [\w/.'\- ]+")]
    private static partial Regex CommandPattern();
}

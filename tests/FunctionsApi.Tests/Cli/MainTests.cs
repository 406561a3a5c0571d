using System.Text.Json;
using FunctionsApi.Cli;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Cli;

/// <summary>The program as it is started, in this process: its output, errors, exit code and environment.</summary>
public sealed class MainTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory();
    private readonly string? _path = Environment.GetEnvironmentVariable("Storage__Path");

    private string Database => Path.Combine(_directory.FullName, "functionsapi.db");

    public MainTests() => Environment.SetEnvironmentVariable("Storage__Path", Database);

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("Storage__Path", _path);
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_created_key_is_one_JSON_document_and_warnings_go_elsewhere()
    {
        var (code, output, error) = await MainAsync("keys", "create", "--tenant", "acme", "--user", "alice", "--inference", "pro", "--json");
        code.ShouldBe(0);
        using var json = JsonDocument.Parse(output);
        json.RootElement.EnumerateObject().Select(member => member.Name).ShouldBe(["id", "key"]);
        json.RootElement.GetProperty("key").GetString()!.Length.ShouldBe(35);
        error.ShouldBe("Neither the key nor its tenant has a plan for the agents API, which answers it 403 until it has: "
            + "FunctionsApi tenants set --tenant acme --agents <plan>" + Environment.NewLine);
    }

    [Fact]
    public async Task An_unknown_command_gets_help_and_a_failure()
    {
        var (code, output, error) = await MainAsync("kyes");
        code.ShouldBe(1);
        output.ShouldBeEmpty();
        error.ShouldContain("keys");
        error.ShouldContain("kyes");
    }

    [Theory]
    [InlineData("keys", "revoke")]
    [InlineData("quotas", "show")]
    [InlineData("quotas", "reset")]
    [InlineData("deployments", "remove", "--tenant", "acme", "--id")]
    [InlineData("deployments", "set", "--tenant", "acme", "--backend", "echo", "--id")]
    public async Task An_endless_name_is_a_failure_and_no_crash(params string[] args)
    {
        var (code, output, error) = await MainAsync([.. args, new string('a', 5_000)]);
        code.ShouldBe(1);
        output.ShouldBeEmpty();
        error.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("keys", "--help")]
    [InlineData("keys", "create", "--help")]
    public async Task Help_is_no_failure(params string[] args)
    {
        var (code, output, error) = await MainAsync(args);
        code.ShouldBe(0);
        output.ShouldContain("Usage:");
        error.ShouldBeEmpty();
        Directory.Exists(Database).ShouldBeFalse();
    }

    [Fact]
    public async Task The_version_is_printed()
    {
        var (code, output, _) = await MainAsync("--version");
        code.ShouldBe(0);
        output.ShouldStartWith("0.1.0");
    }

    [Theory]
    [InlineData("keys", "list", "--tenant", "acme")]
    [InlineData]
    public async Task A_damaged_file_is_named_without_a_stack_trace(params string[] args)
    {
        await File.WriteAllTextAsync(Database, new string('x', 10_000), TestContext.Current.CancellationToken);
        var (code, output, error) = await MainAsync(args);
        code.ShouldBe(1);
        output.ShouldBeEmpty();
        error.ShouldContain(Database);
        error.Trim().Split('\n').Length.ShouldBe(1);
    }

    private static async Task<(int Code, string Output, string Error)> MainAsync(params string[] args)
    {
        var (consoleOutput, consoleError) = (Console.Out, Console.Error);
        await using StringWriter output = new(), error = new();
        Console.SetOut(output);
        Console.SetError(error);
        try
        {
            // The compiler's entry point waits for the real one, which is its Main's task.
            var code = await Task.Run(() => (int)typeof(CommandLine).Assembly.EntryPoint!.Invoke(null, [args])!);
            return (code, output.ToString(), error.ToString());
        }
        finally
        {
            Console.SetOut(consoleOutput);
            Console.SetError(consoleError);
        }
    }
}

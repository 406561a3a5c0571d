using System.Text.Json;

namespace FunctionsApi.EndToEnd.Tests.CommandLine;

/// <summary>Commands as they are typed: their output, errors and exit code.</summary>
public sealed class CommandLineTests : IAsyncDisposable
{
    private readonly Installation _installation = new();

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task A_created_key_is_one_JSON_document_and_warnings_go_elsewhere()
    {
        var (code, output, error) = await TypeAsync(
            "keys", "create", "--tenant", "acme", "--user", "alice", "--inference", "pro", "--json");
        code.ShouldBe(0);
        var json = JsonElement.Parse(output);
        json.EnumerateObject().Select(member => member.Name).ShouldBe(["id", "key"]);
        json.GetProperty("key").GetString()!.Length.ShouldBe(35);
        error.ShouldBe("Neither the key nor its tenant has a plan for the agents API, which answers it 403 until it has: "
            + "FunctionsApi tenants set --tenant acme --agents <plan>");
    }

    [Fact]
    public async Task An_unknown_command_gets_help_and_a_failure()
    {
        var (code, output, error) = await TypeAsync("kyes");
        code.ShouldBe(2);
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
    public async Task An_endless_name_is_a_failure_and_no_crash(params string[] arguments)
    {
        var (code, output, error) = await TypeAsync([.. arguments, new string('a', 5_000)]);
        code.ShouldBe(1);
        output.ShouldBeEmpty();
        error.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("keys", "--help")]
    [InlineData("keys", "create", "--help")]
    public async Task Help_is_no_failure(params string[] arguments)
    {
        var (code, output, error) = await TypeAsync(arguments);
        code.ShouldBe(0);
        output.ShouldContain("Usage:");
        error.ShouldBeEmpty();
        File.Exists(_installation.StorePath).ShouldBeFalse();
    }

    [Fact]
    public async Task The_version_is_printed()
    {
        var (code, output, _) = await TypeAsync("--version");
        code.ShouldBe(0);
        output.ShouldStartWith("0.1.0");
    }

    [Fact]
    public async Task A_damaged_file_is_named_without_a_stack_trace()
    {
        await File.WriteAllTextAsync(_installation.StorePath, new string('x', 10_000), TestContext.Current.CancellationToken);
        var (code, output, error) = await TypeAsync("keys", "list", "--tenant", "acme");
        code.ShouldBe(1);
        output.ShouldBeEmpty();
        error.ShouldContain(_installation.StorePath);
        error.Split('\n').Length.ShouldBe(1);
    }

    private async Task<(int Code, string Output, string Error)> TypeAsync(params string[] arguments)
    {
        var command = _installation.Command(arguments);
        return (await command.ExitAsync(), command.Output, command.Errors);
    }
}

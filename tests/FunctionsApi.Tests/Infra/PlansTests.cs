using FunctionsApi.Storage;
using FunctionsApi.Tenants;
using FunctionsApi.Tests.Docs;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infra;

/// <summary>Both ways to put the plans in force, run with stand-ins for what they would reach.</summary>
public sealed class PlansTests : IDisposable
{
    private const string NoRoleYet = "It does not let this identity use its tables (AuthorizationPermissionMismatch).";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("plans");

    private string Calls => Path.Combine(_folder.FullName, "calls");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_hook_waits_for_a_role_that_is_not_in_force_yet()
    {
        StandIn("dotnet", $$"""
            echo "$PWD $Storage__Provider $Storage__TableServiceUri $*" >> '{{Calls}}'
            [ "$(wc -l < '{{Calls}}')" -ge 3 ] || { echo '{{NoRoleYet}}' >&2; exit 1; }
            """);

        var ended = await RunHookAsync("STORAGE_TABLE_SERVICE_URI", "https://a.table.core.windows.net/");
        ended.ExitCode.ShouldBe(0, ended.Errors);
        (await CallsAsync()).ShouldBe(Enumerable.Repeat(
            $"{Document.Repository} tables https://a.table.core.windows.net/ run --project src/FunctionsApi -- plans apply infra/plans.json", 3));
    }

    [Theory]
    [InlineData("infra/plans.json: line 3 is broken", 1)]
    [InlineData(NoRoleYet, 12)]
    public async Task The_hook_gives_up_at_once_or_after_two_minutes(string error, int calls)
    {
        StandIn("dotnet", $"echo >> '{Calls}'; echo '{error}' >&2; exit 1");

        var ended = await RunHookAsync("STORAGE_TABLE_SERVICE_URI", "https://a.table.core.windows.net/");
        ended.ExitCode.ShouldBe(1);
        ended.Errors.ShouldContain(error);
        (await CallsAsync()).Length.ShouldBe(calls);
    }

    [Fact]
    public async Task The_hook_leaves_plans_alone_that_the_template_seeded()
    {
        StandIn("dotnet", $"echo >> '{Calls}'");
        (await RunHookAsync("PLANS_SEEDED_BY_TEMPLATE", "true")).ExitCode.ShouldBe(0);
        File.Exists(Calls).ShouldBeFalse();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task The_deployment_script_writes_the_row_that_the_program_reads(int pieces)
    {
        StandIn("az", $"printf '%s\\0' \"$@\" > '{Calls}'");
        Command.Require(Command.Exists("bash"), "bash");
        var template = await InfraFiles.ModuleAsync("plans");
        var seed = template.Resource("seed")["properties"]!;
        // The compiler has a name of its own for the text that it loads.
        var loaded = seed["scriptContent"]!.GetValue<string>().Split('\'')[1];
        var script = Path.Combine(_folder.FullName, "seed.sh");
        await File.WriteAllTextAsync(script, template.Variable(loaded).GetValue<string>(), TestContext.Current.CancellationToken);
        var file = await File.ReadAllTextAsync(Path.Combine(InfraFiles.Folder, "plans.json"), TestContext.Current.CancellationToken);
        var plans = file + new string(' ', (pieces - 1) * 32_000);
        var ended = await Command.RunAsync("bash", [script], Environment(
        [
            ("STORAGE_ACCOUNT_NAME", "account"),
            ("PLANS_PIECES", $"{pieces}"),
            .. plans.Chunk(32_000).Select((piece, index) => ($"PLANS_JSON_{index + 1}", new string(piece))),
        ]));
        ended.ExitCode.ShouldBe(0, ended.Errors);

        var arguments = (await File.ReadAllTextAsync(Calls, TestContext.Current.CancellationToken)).Split('\0');
        var entity = arguments.SkipWhile(argument => argument != "--entity").Skip(1).TakeWhile(argument => !argument.StartsWith("--", StringComparison.Ordinal))
            .Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        var store = new InMemoryTableStore();
        await store.PutAsync(
            arguments[arguments.IndexOf("--table-name") + 1],
            new(
                new(entity["PartitionKey"], entity["RowKey"]),
                entity.Where(column => column.Key is not ("PartitionKey" or "RowKey")).ToDictionary(column => column.Key, column => (object)column.Value),
                PutCondition.None),
            TestContext.Current.CancellationToken);
        (await new PlanTable(store).ReadAsync(TestContext.Current.CancellationToken))!.Json.ShouldBe(plans);
        seed["environmentVariables"]!.GetValue<string>().ShouldContain("'PLANS_PIECES'");
        template.Variable("pieceLength").GetValue<int>().ShouldBe(32_000);
    }

    private void StandIn(string program, string script)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("The stand-ins are shell scripts.");
            return;
        }

        var path = Path.Combine(_folder.FullName, program);
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    // The real dotnet, which finds the stand-in as its own child would find a program.
    private Task<Ended> RunHookAsync(string variable, string value) =>
        Command.RunAsync("dotnet", ["run", Path.Combine(InfraFiles.Folder, "hooks", "put-plans.cs"), "0"], Environment((variable, value)));

    private Dictionary<string, string?> Environment(params (string Name, string Value)[] variables)
    {
        var environment = variables.ToDictionary(variable => variable.Name, variable => (string?)variable.Value);
        environment["PATH"] = $"{_folder.FullName}{Path.PathSeparator}{System.Environment.GetEnvironmentVariable("PATH")}";
        return environment;
    }

    private Task<string[]> CallsAsync() => File.ReadAllLinesAsync(Calls, TestContext.Current.CancellationToken);
}

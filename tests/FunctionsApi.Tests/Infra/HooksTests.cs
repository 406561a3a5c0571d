using FunctionsApi.Storage;
using FunctionsApi.Tenants;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infra;

/// <summary>The scripts around a deployment, run with stand-ins for what they would reach.</summary>
public sealed class HooksTests : IDisposable
{
    private const string NoRoleYet = "It does not let this identity use its tables (AuthorizationPermissionMismatch).";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hooks");

    private string Calls => Path.Combine(_folder.FullName, "calls");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_missing_SDK_is_named_before_anything_is_made()
    {
        StandIn("dotnet", "exit 150");
        var ended = await RunAsync("preprovision.sh");
        ended.ExitCode.ShouldBe(1);
        ended.Errors.ShouldContain("global.json");
    }

    [Theory]
    [InlineData("SUPABASE_ISSUER", "SUPABASE_JWKS_URI is not")]
    [InlineData("SUPABASE_JWKS_URI", "SUPABASE_ISSUER is not")]
    public async Task Half_of_what_verifies_JWTs_is_refused_before_anything_is_made(string given, string problem)
    {
        StandIn("dotnet", "exit 0");
        var ended = await RunAsync("preprovision.sh", (given, "https://project.supabase.co/auth/v1"));
        ended.ExitCode.ShouldBe(1);
        ended.Errors.ShouldContain(problem);
    }

    [Fact]
    public async Task With_everything_there_provisioning_goes_on()
    {
        StandIn("dotnet", "exit 0");
        (await RunAsync("preprovision.sh")).ShouldBe(new(0, "", ""));
    }

    [Fact]
    public async Task Seeding_the_plans_waits_for_a_role_that_is_not_in_force_yet()
    {
        StandIn("dotnet", $$"""
            echo "$Storage__Provider $Storage__TableServiceUri $*" >> '{{Calls}}'
            case $(wc -l < '{{Calls}}') in 1 | 4) exit 0 ;; *) echo '{{NoRoleYet}}' >&2; exit 1 ;; esac
            """);
        StandIn("sleep", "exit 0");

        var ended = await RunAsync("postprovision.sh", ("STORAGE_TABLE_SERVICE_URI", "https://a.table.core.windows.net/"));
        ended.ExitCode.ShouldBe(0, ended.Errors);
        var calls = await File.ReadAllLinesAsync(Calls, TestContext.Current.CancellationToken);
        calls.Length.ShouldBe(4);
        calls[1..].ShouldAllBe(call => call.StartsWith("tables https://a.table.core.windows.net/ run ", StringComparison.Ordinal)
            && call.EndsWith("-- plans apply infra/plans.json", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("infra/plans.json: line 3 is broken", 2)]
    [InlineData(NoRoleYet, 13)]
    public async Task Seeding_the_plans_gives_up_at_once_or_after_two_minutes(string error, int calls)
    {
        StandIn("dotnet", $"echo >> '{Calls}'; [ \"$1\" = build ] || {{ echo '{error}' >&2; exit 1; }}");
        StandIn("sleep", "exit 0");

        var ended = await RunAsync("postprovision.sh", ("STORAGE_TABLE_SERVICE_URI", "https://a.table.core.windows.net/"));
        ended.ExitCode.ShouldBe(1);
        ended.Errors.ShouldContain(error);
        (await File.ReadAllLinesAsync(Calls, TestContext.Current.CancellationToken)).Length.ShouldBe(calls);
    }

    [Fact]
    public async Task Plans_that_the_template_seeded_are_left_alone()
    {
        StandIn("dotnet", $"echo >> '{Calls}'");
        (await RunAsync("postprovision.sh", ("PLANS_SEEDED_BY_TEMPLATE", "true"))).ExitCode.ShouldBe(0);
        File.Exists(Calls).ShouldBeFalse();
    }

    [Fact]
    public async Task The_deployment_script_writes_the_row_that_the_program_reads()
    {
        StandIn("az", $"printf '%s\\0' \"$@\" > '{Calls}'");
        var plans = await File.ReadAllTextAsync(Path.Combine(InfraFiles.Folder, "plans.json"), TestContext.Current.CancellationToken);
        var ended = await RunAsync("put-plans.sh", ("STORAGE_ACCOUNT_NAME", "account"), ("PLANS_JSON", plans));
        ended.ExitCode.ShouldBe(0, ended.Errors);

        var arguments = (await File.ReadAllTextAsync(Calls, TestContext.Current.CancellationToken)).Split('\0');
        var entity = arguments.SkipWhile(argument => argument != "--entity").Skip(1).TakeWhile(argument => !argument.StartsWith("--", StringComparison.Ordinal))
            .Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        var store = new InMemoryTableStore();
        await store.PutAsync(
            arguments[arguments.IndexOf("--table-name") + 1],
            new(new(entity["PartitionKey"], entity["RowKey"]), new Dictionary<string, object> { ["Json"] = entity["Json"] }, PutCondition.None),
            TestContext.Current.CancellationToken);
        (await new PlanTable(store).ReadAsync(TestContext.Current.CancellationToken))!.Json.ShouldBe(plans);
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

    private Task<Ended> RunAsync(string hook, params (string Name, string Value)[] variables)
    {
        Command.RequireBash();
        var environment = variables.ToDictionary(variable => variable.Name, variable => (string?)variable.Value);
        environment["PATH"] = $"{_folder.FullName}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}";
        return Command.RunAsync("bash", [Path.Combine(InfraFiles.Hooks, hook)], environment);
    }
}

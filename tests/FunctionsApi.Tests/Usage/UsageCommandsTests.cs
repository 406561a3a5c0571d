using System.Text.Json.Nodes;
using FunctionsApi.Cli;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage.Sqlite;
using FunctionsApi.Usage;
using Microsoft.Extensions.Configuration;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Usage;

public sealed class UsageCommandsTests : IDisposable
{
    private static readonly Charge OnePolicy = new(
        new([new() { Name = "requests-per-hour", Algorithm = Algorithm.FixedWindow, Limit = 5, Window = TimeSpan.FromHours(1) }]), [new(0, 1)]);

    private readonly ManualTime _time = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Database => Path.Combine(_directory.FullName, "functionsapi.db");

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_tenants_usage_is_a_table_with_totals()
    {
        await UseAsync();

        (await RunAsync("usage", "--tenant", "acme")).ShouldBe(0);

        var lines = _output.ToString().Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        lines.Where(line => line.Length > 0 && !line.Contains('─')).ShouldBe(
        [
            "acme: 2026-02-26 11:00 to 2026-02-27 11:00 UTC",
            "Time Endpoint Admitted Refused Shadow Errors Permits Credits",
            "2026-02-27 09:00 agents search 1,200 1 - - 1,200 -",
            "agents synthesize 1 - - 1 1 4",
            "2026-02-27 10:00 agents search 1 - - - 1 -",
            "Total agents search 1,201 1 - - 1,201 -",
            "agents synthesize 1 - - 1 1 4",
        ]);
    }

    [Fact]
    public async Task Usage_as_json_is_one_document()
    {
        await UseAsync();

        (await RunAsync("usage", "--tenant", "acme", "--by", "day", "--json")).ShouldBe(0);

        var report = JsonNode.Parse(_output.ToString())!;
        report["tenant"]!.GetValue<string>().ShouldBe("acme");
        report["by"]!.GetValue<string>().ShouldBe("day");
        report["usage"]!.AsArray().Select(line => (line!["endpoint"]!.GetValue<string>(), line["admitted"]!.GetValue<long>()))
            .ShouldBe([("search", 1201), ("synthesize", 1)]);
    }

    [Fact]
    public async Task One_keys_usage_can_be_had_alone()
    {
        await UseAsync();

        (await RunAsync("usage", "--tenant", "acme", "--key", "k2", "--json")).ShouldBe(0);

        JsonNode.Parse(_output.ToString())!["totals"]!.AsArray().ShouldHaveSingleItem()!["endpoint"]!.GetValue<string>().ShouldBe("synthesize");
    }

    [Fact]
    public async Task A_tenant_that_used_nothing_is_told_so()
    {
        (await RunAsync("usage", "--tenant", "acme")).ShouldBe(0);

        _output.ToString().ShouldBe($"No usage of acme from 2026-02-26 10:00 to 2026-02-27 10:00 UTC.{Environment.NewLine}");
    }

    [Theory]
    [InlineData("usage", "--tenant", "acme", "--by", "week")]
    [InlineData("usage", "--tenant", "a/b")]
    public async Task What_cannot_be_shown_fails_with_a_reason_and_prints_nothing(params string[] arguments)
    {
        (await RunAsync(arguments)).ShouldBe(1);

        _output.ToString().ShouldBeEmpty();
        _error.ToString().Trim().ShouldNotBeEmpty();
    }

    private async Task<int> RunAsync(params string[] arguments)
    {
        var settings = new Dictionary<string, string?> { ["Storage:Path"] = Database };
        await using var context = new CommandContext(
            _output, _error, _time, new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        return await CommandLine.RunAsync(arguments, context);
    }

    private async Task UseAsync()
    {
        await using var store = await SqliteTableStore.OpenAsync(Database);
        using var recorder = new UsageRecorder(new(store), _time.GetUtcNow);
        var search = recorder.Counter("acme", "k1", ApiKind.Agents, "search");
        var synthesize = recorder.Counter("acme", "k2", ApiKind.Agents, "synthesize");
        for (var i = 0; i < 1200; i++)
            search.Decided(Decision(Outcome.Admitted));
        search.Decided(Decision(Outcome.Refused));
        synthesize.Decided(Decision(Outcome.Admitted));
        synthesize.Spent(4);
        synthesize.Answered(500);
        _time.Advance(TimeSpan.FromHours(1));
        search.Decided(Decision(Outcome.Admitted));
        await recorder.FlushAsync(Cancel);
    }

    private static Decision Decision(Outcome outcome) => new(OnePolicy, Instant.FromUnixSeconds(0)) { Outcome = outcome, Binding = 0 };
}

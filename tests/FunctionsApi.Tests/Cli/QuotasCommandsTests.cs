using System.Text.Json.Nodes;
using FunctionsApi.Cli;
using FunctionsApi.Ledgers;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;
using FunctionsApi.Tests.Tenants;
using Microsoft.Extensions.Configuration;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Cli;

public sealed class QuotasCommandsTests : IAsyncLifetime
{
    // Commands run at 09:30:00.
    private static readonly Instant HalfASecondAgo = Instant.From(new(2026, 2, 27, 9, 29, 59, 500, TimeSpan.Zero));

    private readonly CommandRun _run = new();

    public async ValueTask InitializeAsync() => await _run.OnStoreAsync(async store =>
    {
        using var ledger = new TableLedger(store, new ManualTime());
        var cancel = TestContext.Current.CancellationToken;
        await ledger.ApplyAsync("key:k1", new(new(1), 6, 0,
        [
            new(Hourly) { Need = 12_345 },
            new(Minute) { Need = 3, LeaseFor = TimeSpan.FromSeconds(2) },
        ]), HalfASecondAgo - TimeSpan.FromSeconds(90), cancel);
        await ledger.ApplyAsync("key:k1", new(new(0xab), 7, 0,
        [
            new(Minute) { Need = 40, LeaseFor = TimeSpan.FromSeconds(2) },
            new(Concurrency) { Need = 2, LeaseFor = TimeSpan.FromSeconds(11) },
        ]), HalfASecondAgo, cancel);
    });

    public ValueTask DisposeAsync() => _run.DisposeAsync();

    [Fact]
    public async Task A_partition_is_shown_with_its_counters_leases_and_instances()
    {
        (await _run.RunAsync("quotas", "show", "key:k1")).ShouldBe(0);

        Lines(_run.Output).ShouldBe(
        [
            "key:k1: last changed 2026-02-27 09:29:59.500 UTC, 121 bytes",
            "Policy Counted by Used Of it leased Until (UTC) Left",
            "requests-per-hour fixed-window 12,345 2026-02-27 10:00:00.000 30m 0s",
            "requests-per-minute sliding-window 40 40",
            "concurrency concurrency 2 2 2026-02-27 09:30:14.500 14.5s",
            "Instance Last operation Ago Leases and how long they last",
            "00000000000000ab 7 0.5s requests-per-minute: 40 for 1.5s, concurrency: 2 for 14.5s",
            "0000000000000001 6 1m 30s",
        ]);
    }

    [Fact]
    public async Task As_json_it_is_all_there()
    {
        await _run.RunAsync("quotas", "show", "key:k1", "--json");

        var shown = JsonNode.Parse(_run.Output)!;
        shown["bytes"]!.GetValue<int>().ShouldBe(121);
        shown["forgettableAt"]!.GetValue<string>().ShouldBe("2026-02-27T11:30:01.5+00:00");
        shown["counters"]![0]!["used"]!.GetValue<int>().ShouldBe(12_345);
        shown["counters"]![2]!["leases"]!.ToJsonString().ShouldBe(
            """[{"instance":"00000000000000ab","permits":2,"expires":"2026-02-27T09:30:14.5\u002B00:00","secondsLeft":14.5}]""");
        shown["instances"]![1]!["granted"]!.ToJsonString().ShouldBe("[40,2]");
    }

    [Fact]
    public async Task A_reset_starts_the_counters_anew()
    {
        (await _run.RunAsync("quotas", "reset", "key:k1")).ShouldBe(0);
        await _run.RunAsync("quotas", "show", "key:k1");

        Lines(_run.Output)[0].ShouldEndWith(", reset before");
        Lines(_run.Output)[1..].ShouldNotContain(line => line.StartsWith("requests", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Where_nothing_is_counted_that_is_said()
    {
        (await _run.RunAsync("quotas", "show", "key:k2")).ShouldBe(1);
        _run.Error.ShouldStartWith("Nothing is counted for 'key:k2'. Looked in the rows of the file '");
        _run.Error.ShouldContain("store.db'. Partitions are named user:<tenant>/<user>");
    }

    [Theory]
    [InlineData("show")]
    [InlineData("reset")]
    public async Task Where_counters_are_in_a_task_hub_of_the_same_storage_the_setting_is_said_that_shows_them(string command)
    {
        await _run.OnStoreAsync(store => store.PutAsync(
            "FunctionsApiPartitions", new(new("", "functionsapi-control-00"), new Dictionary<string, object> { ["CurrentOwner"] = "host" }, PutCondition.None), TestContext.Current.CancellationToken));

        (await _run.RunAsync("quotas", command, "key:k2")).ShouldBe(1);

        _run.Error.ShouldContain(" The task hub 'FunctionsApi' is there too: with Quotas__Ledger=entities this command sees what is counted in it.");
    }

    [Fact]
    public async Task A_reset_of_entities_that_nobody_would_take_is_not_left_waiting()
    {
        using var error = new StringWriter();
        await using var context = new CommandContext(TextWriter.Null, error, new ManualTime(), new ConfigurationBuilder().AddInMemoryCollection(
        [
            new("Quotas:Ledger", "entities"), new("Storage:Provider", "tables"), new("Storage:TableServiceUri", "https://acme.table.core.windows.net"),
        ]).Build());

        (await CommandLine.RunAsync(["quotas", "reset", "key:k1"], context)).ShouldBe(1);

        error.ToString().ShouldStartWith("Storage__QueueServiceUri is missing: a reset of entities waits in a queue for the function app.");
    }

    /// <summary>Without the table's lines and the spaces that align it.</summary>
    private static string[] Lines(string output) => [.. output.Split('\n')
        .Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
        .Where(line => line.Length > 0 && !line.Contains('─', StringComparison.Ordinal))];

    private static Policy Hourly { get; } = new()
    {
        Name = "requests-per-hour",
        Algorithm = Algorithm.FixedWindow,
        Limit = 100_000,
        Window = TimeSpan.FromHours(1),
    };

    private static Policy Minute { get; } = new()
    {
        Name = "requests-per-minute",
        Algorithm = Algorithm.SlidingWindow,
        Limit = 1_000,
        Window = TimeSpan.FromMinutes(1),
    };

    private static Policy Concurrency { get; } = new() { Name = "concurrency", Algorithm = Algorithm.Concurrency, Limit = 10 };
}

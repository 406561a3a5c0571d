using System.Text.Json.Nodes;
using FunctionsApi.Agents;
using FunctionsApi.Cli;
using FunctionsApi.Functions;
using FunctionsApi.Ledgers;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Tests.Limiting;
using FunctionsApi.Settings;
using FunctionsApi.Storage;
using FunctionsApi.Storage.Azure;
using FunctionsApi.Sweeps;
using FunctionsApi.TestKit;
using FunctionsApi.TestKit.TaskHubs;
using Microsoft.DurableTask.Worker.Shims;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Ledgers;

/// <summary>The ledger on durable entities, which the real engine runs on Azurite.</summary>
public sealed class DurableLedgerTests(EntitiesOnAzurite entities) : LedgerContract, IClassFixture<EntitiesOnAzurite>, IAsyncLifetime
{
    private static readonly Instant Now = Instant.From(new(2026, 3, 1, 14, 0, 0, TimeSpan.Zero));

    private TaskHubRun? _run;

    protected override ILedger Ledger => _run!.Ledger;

    public async ValueTask InitializeAsync() => _run = await entities.StartHubAsync();

    [Fact]
    public async Task Operators_see_an_entity_in_the_tables_of_the_hub_whatever_its_name_is()
    {
        foreach (var partition in (string[])["key:k1", "user:acme/al #ice?", "tenant:a.b%c\\d"])
        {
            await Ledger.ApplyAsync(partition, Operation(30), Now, Cancellation);
            var seen = (await _run!.Tables.ReadAsync(partition, Cancellation)).ShouldNotBeNull();
            EntityText.Read(seen.Text.ShouldNotBeNull()).Peek(Operation(0), Now).Policies[0].Used.ShouldBe(30);
        }
        (await _run!.Tables.QueryAsync(Cancellation).CountAsync(Cancellation)).ShouldBe(3);
    }

    [Fact]
    public async Task An_entity_that_is_removed_starts_anew_and_one_that_was_changed_meanwhile_is_not_removed()
    {
        await Ledger.ApplyAsync("key:k1", Operation(30), Now, Cancellation);
        var seen = (await _run!.Tables.ReadAsync("key:k1", Cancellation)).ShouldNotBeNull();
        await Ledger.ApplyAsync("key:k1", Operation(10), Now, Cancellation);
        (await _run.Tables.TryRemoveAsync(seen, Cancellation)).ShouldBeFalse();
        (await Ledger.PeekAsync("key:k1", Operation(0), Now, Cancellation)).Policies[0].Used.ShouldBe(40);

        (await _run.Tables.TryRemoveAsync((await _run.Tables.ReadAsync("key:k1", Cancellation))!, Cancellation)).ShouldBeTrue();
        (await Ledger.PeekAsync("key:k1", Operation(0), Now, Cancellation)).Policies[0].Used.ShouldBe(0);
        (await Ledger.ApplyAsync("key:k1", Operation(7), Now, Cancellation)).Policies[0].Granted.ShouldBe(7);
        (await Ledger.PeekAsync("key:k1", Operation(0), Now, Cancellation)).Policies[0].Used.ShouldBe(7);
    }

    [Fact]
    public async Task A_reset_that_an_operator_asks_for_starts_counts_anew_once()
    {
        await Ledger.ApplyAsync("key:k1", Operation(30), Now, Cancellation);
        var reset = EntitySignal.Reset(EntityText.Read((await _run!.Hub.ReadAsync("key:k1", Cancellation))!), Now);
        var message = $"key:k1\n{reset.Name}\n{reset.Input}";
        await QuotaResets.SendAsync(_run.Hub, message, Cancellation);
        // Of the next operation it is not known whether it comes before or after; but of the one after that it is.
        await Ledger.ApplyAsync("key:k1", Operation(1), Now, Cancellation);
        await Ledger.ApplyAsync("key:k1", Operation(1), Now, Cancellation);
        await QuotaResets.SendAsync(_run.Hub, message, Cancellation);
        await Ledger.ApplyAsync("key:k1", Operation(1), Now, Cancellation);
        (await Ledger.PeekAsync("key:k1", Operation(0), Now, Cancellation)).Policies[0].Used.ShouldBeInRange(2, 3);
    }

    [Fact]
    public async Task The_sweep_removes_entities_that_say_nothing_any_more_and_no_others()
    {
        await Ledger.ApplyAsync("key:k1", Operation(30), Now, Cancellation);
        var time = new ManualTime();
        time.Advance(Now.ToDateTimeOffset() - time.GetUtcNow());
        var rows = new InMemoryTableStore();
        using var turns = new TenantTurns();
        var sweeper = new Sweeper(rows, TimeSpan.FromDays(400), new(), new(rows, turns, new(), time), time, _run!.Tables);
        (await sweeper.RunOnceAsync(Cancellation))!.Quotas.ShouldBe(new(Seen: 1, Deleted: 0));

        // The hour is over, and what is kept longer for the sake of its time.
        time.Advance(TimeSpan.FromHours(3));
        (await sweeper.RunOnceAsync(Cancellation))!.Quotas.ShouldBe(new(Seen: 1, Deleted: 1));
        (await _run.Tables.ReadAsync("key:k1", Cancellation)).ShouldBeNull();
        (await Ledger.ApplyAsync("key:k1", Operation(7), Now, Cancellation)).Policies[0].Granted.ShouldBe(7);
    }

    [Fact]
    public async Task The_counters_of_a_tenant_who_is_deleted_are_gone_whatever_ledger_has_them()
    {
        var rows = new InMemoryTableStore();
        using var table = new TableLedger(rows, new ManualTime());
        foreach (var partition in new[] { "tenant:acme", "user:acme/alice" })
        {
            await table.ApplyAsync(partition, Operation(30), Now, Cancellation);
            await Ledger.ApplyAsync(partition, Operation(30), Now, Cancellation);
        }

        (await new TenantCounters(rows, _run!.Tables, new(rows, TimeProvider.System)).DeleteAsync("acme", Cancellation)).ShouldBe(2);

        foreach (var partition in new[] { "tenant:acme", "user:acme/alice" })
        {
            (await table.ReadAsync(partition, Cancellation)).ShouldBeNull();
            (await Ledger.PeekAsync(partition, Operation(0), Now, Cancellation)).Policies[0].Used.ShouldBe(0);
        }
    }

    [Fact]
    public async Task Operators_show_and_reset_entities_by_the_command_line()
    {
        await Ledger.ApplyAsync("key:k1", Operation(30), Now, Cancellation);
        var (code, shown) = await _run!.CommandAsync("quotas", "show", "key:k1", "--json");
        code.ShouldBe(0, shown);
        JsonNode.Parse(shown)!["counters"]![0]!["used"]!.GetValue<int>().ShouldBe(30);

        var resetting = _run.CommandAsync("quotas", "reset", "key:k1");
        // As the function app does that the message waits for.
        await QuotaResets.SendAsync(_run.Hub, await _run.NextResetAsync(), Cancellation);
        (code, shown) = await resetting;
        code.ShouldBe(0, shown);
        shown.ShouldContain("The counters of 'key:k1' start anew.");
        (await Ledger.PeekAsync("key:k1", Operation(0), Now, Cancellation)).Policies[0].Used.ShouldBe(0);

        (code, shown) = await _run.CommandAsync("quotas", "show", "key:nobody");
        code.ShouldBe(1);
        shown.ShouldStartWith("Nothing is counted for 'key:nobody'.");
    }

    [Fact]
    public async Task It_is_seen_whether_somebody_works_on_the_hub()
    {
        var now = TimeProvider.System.GetUtcNow();
        await Ledger.ApplyAsync("key:k1", Operation(1), Now, Cancellation);
        (await _run!.Tables.AttendanceAsync(now, Cancellation)).ShouldBe((1, 1));
        // Unless he renews it, nobody does.
        (await _run.Tables.AttendanceAsync(now + TimeSpan.FromMinutes(5), Cancellation)).ShouldBe((1, 0));
    }

    public async ValueTask DisposeAsync()
    {
        if (_run is not null)
            await _run.DisposeAsync();
    }
}

/// <summary>One Azurite for all tests, started by the first that needs it, and a task hub of its own for each.</summary>
public sealed class EntitiesOnAzurite : IAsyncDisposable
{
    private readonly Lazy<Task<Azurite>> _azurite = new(Azurite.StartAsync);
    private int _hubs;

    public async ValueTask DisposeAsync()
    {
        if (_azurite.IsValueCreated && await Task.WhenAny(_azurite.Value) is { IsCompletedSuccessfully: true, Result: var azurite })
            await azurite.DisposeAsync();
    }

    internal async Task<TaskHubRun> StartHubAsync() =>
        await TaskHubRun.StartAsync(new((await _azurite.Value).ConnectionString) { Name = $"hub{Interlocked.Increment(ref _hubs)}" });
}

/// <summary>A task hub whose entities run in this process, and a ledger on it.</summary>
internal sealed class TaskHubRun : IAsyncDisposable
{
    private readonly TaskHub _hub;
    private readonly HubClient _client = new(NullLogger<HubClient>.Instance);
    private readonly IConfiguration _settings;

    private TaskHubRun(TaskHub hub, EntityRuns runs, TaskHubOptions options)
    {
        _hub = hub;
        _client.Connect(hub.Address);
        Hub = new DurableHub(_client);
        Ledger = new(Hub, runs, TimeProvider.System);
        Tables = new(new AzureTableStore(StorageAccount.Parse(StorageService.Tables, options.ConnectionString)), options.Name);
        _settings = new ConfigurationBuilder().AddInMemoryCollection(
        [
            new("Quotas:Ledger", "entities"), new("Storage:Provider", "tables"), new("Storage:ConnectionString", options.ConnectionString),
            new("AzureFunctionsJobHost:extensions:durableTask:hubName", options.Name),
        ]).Build();
    }

    public IEntityHub Hub { get; }

    public DurableLedger Ledger { get; }

    public HubTables Tables { get; }

    /// <returns>The command's exit code, and what it printed.</returns>
    public async Task<(int Code, string Output)> CommandAsync(params string[] arguments)
    {
        await using var output = new StringWriter();
        await using var context = new CommandContext(output, output, TimeProvider.System, _settings);
        return (await CommandLine.RunAsync(arguments, context), output.ToString());
    }

    /// <summary>Takes the next reset that an operator asked for.</summary>
    public async Task<string> NextResetAsync()
    {
        var queues = ConfiguredStore.OpenQueues(AppSettings.Read(_settings).Storage, new InMemoryTableStore(), TimeProvider.System);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken))
            if (await queues.ReceiveAsync(QuotaResets.QueueName, TimeSpan.FromMinutes(5), TestContext.Current.CancellationToken) is { } message)
                return message.Text;
        throw new InvalidOperationException("The timer never ends.");
    }

    public static async Task<TaskHubRun> StartAsync(TaskHubOptions options)
    {
        var runs = new EntityRuns();
        // Earlier than whatever a test sends: the time of sending counts.
        var function = new QuotaEntityFunction(runs, new(new ManualTime()), NullLogger<QuotaEntityFunction>.Instance);
        return new(
            await TaskHub.StartAsync(options, EntitySignal.Entity, batch => DurableTaskShimFactory.Default
                .CreateEntity(EntitySignal.Entity, function, DurableTask.Core.Entities.EntityId.FromString(batch.InstanceId!))
                .ExecuteOperationBatchAsync(batch)),
            runs,
            options);
    }

    public async ValueTask DisposeAsync()
    {
        Ledger.Dispose();
        await _client.DisposeAsync();
        await _hub.DisposeAsync();
    }
}

using FunctionsApi.Functions;
using FunctionsApi.Ledgers;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Tests.Limiting;
using FunctionsApi.Storage.Azure;
using FunctionsApi.TestKit;
using FunctionsApi.TestKit.TaskHubs;
using Microsoft.DurableTask.Worker.Shims;
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

    private TaskHubRun(TaskHub hub, EntityRuns runs, TaskHubOptions options)
    {
        _hub = hub;
        _client.Connect(hub.Address);
        Hub = new DurableHub(_client);
        Ledger = new(Hub, runs, TimeProvider.System);
        Tables = new(new AzureTableStore(StorageAccount.Parse(StorageService.Tables, options.ConnectionString)), options.Name);
    }

    public IEntityHub Hub { get; }

    public DurableLedger Ledger { get; }

    public HubTables Tables { get; }

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

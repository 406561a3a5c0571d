using FunctionsApi.Functions;
using FunctionsApi.Ledgers;
using FunctionsApi.Quotas.Ledgers;
using FunctionsApi.Quotas.Tests.Ledgers;
using FunctionsApi.TestKit;
using FunctionsApi.TestKit.TaskHubs;
using Microsoft.DurableTask.Client.Grpc;
using Microsoft.DurableTask.Worker.Shims;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FunctionsApi.Tests.Ledgers;

/// <summary>The ledger on durable entities, which the real engine runs on Azurite.</summary>
public sealed class DurableLedgerTests(EntitiesOnAzurite entities) : LedgerContract, IClassFixture<EntitiesOnAzurite>, IAsyncLifetime
{
    private TaskHubRun? _run;

    protected override ILedger Ledger => _run!.Ledger;

    public async ValueTask InitializeAsync() => _run = await entities.StartHubAsync();

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
    private readonly GrpcDurableTaskClient _client;

    private TaskHubRun(TaskHub hub, EntityRuns runs)
    {
        _hub = hub;
        _client = new("", new GrpcDurableTaskClientOptions { Address = hub.Address.ToString(), EnableEntitySupport = true }, NullLogger.Instance);
        var client = new HubClient();
        client.Set(_client);
        Ledger = new(new DurableHub(client), runs, TimeProvider.System);
    }

    public DurableLedger Ledger { get; }

    public static async Task<TaskHubRun> StartAsync(TaskHubOptions options)
    {
        var runs = new EntityRuns();
        var function = new QuotaEntityFunction(runs, NullLogger<QuotaEntityFunction>.Instance);
        return new(
            await TaskHub.StartAsync(options, EntitySignal.Entity, batch => DurableTaskShimFactory.Default
                .CreateEntity(EntitySignal.Entity, function, DurableTask.Core.Entities.EntityId.FromString(batch.InstanceId!))
                .ExecuteOperationBatchAsync(batch)),
            runs);
    }

    public async ValueTask DisposeAsync()
    {
        Ledger.Dispose();
        await _client.DisposeAsync();
        await _hub.DisposeAsync();
    }
}

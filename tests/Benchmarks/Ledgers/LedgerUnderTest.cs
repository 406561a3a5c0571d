using DurableTask.Core.Entities;
using FunctionsApi.Functions;
using FunctionsApi.Ledgers;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Storage.Azure;
using FunctionsApi.TestKit.TaskHubs;
using Microsoft.DurableTask.Worker.Shims;
using Microsoft.Extensions.Logging.Abstractions;

namespace FunctionsApi.Benchmarks.Ledgers;

/// <summary>A ledger on an account of Azure Storage, and what it costs there.</summary>
internal abstract class LedgerUnderTest : IAsyncDisposable
{
    public abstract string Name { get; }

    /// <summary>A ledger of one more instance.</summary>
    public abstract ILedger Open();

    /// <summary>Requests of an operation that <see cref="StorageRequests"/> does not see: its message is put and got.</summary>
    public abstract int MessagesOfOperation { get; }

    /// <summary>Operations that entities ran, and batches they ran in; of rows, what was asked of the store.</summary>
    public abstract (int Operations, int Batches) Done { get; }

    public abstract ValueTask DisposeAsync();

    public static LedgerUnderTest OnRows(string connectionString) => new Rows(connectionString);

    public static async Task<LedgerUnderTest> OnEntitiesAsync(string connectionString)
    {
        var entities = new Entities();
        await entities.StartAsync(connectionString);
        return entities;
    }

    private sealed class Rows(string connectionString) : LedgerUnderTest
    {
        private readonly CountingStore _store = new(new AzureTableStore(StorageAccount.Parse(StorageService.Tables, connectionString)));

        public override string Name => "rows";

        public override (int Operations, int Batches) Done => (_store.Operations, _store.Operations);

        public override int MessagesOfOperation => 0;

        public override ILedger Open() => new TableLedger(_store, TimeProvider.System);

        public override ValueTask DisposeAsync() => default;
    }

    // As on one instance of a plan on which HTTP and entities run together: the entity runs beside the limiter that asks it.
    private sealed class Entities : LedgerUnderTest
    {
        private readonly EntityRuns _runs = new();
        private readonly HubClient _client = new(NullLogger<HubClient>.Instance);
        private TaskHub? _hub;
        private int _operations;
        private int _batches;

        public override string Name => "entities";

        public override (int Operations, int Batches) Done => (_operations, _batches);

        public async Task StartAsync(string connectionString)
        {
            var function = new QuotaEntityFunction(_runs, new(TimeProvider.System), NullLogger<QuotaEntityFunction>.Instance);
            _hub = await TaskHub.StartAsync(new(connectionString) { Name = "benchmark", PartitionCount = 4 }, EntitySignal.Entity, batch =>
            {
                Interlocked.Add(ref _operations, batch.Operations!.Count);
                Interlocked.Increment(ref _batches);
                return DurableTaskShimFactory.Default.CreateEntity(EntitySignal.Entity, function, EntityId.FromString(batch.InstanceId!)).ExecuteOperationBatchAsync(batch);
            });
            _client.Connect(_hub.Address);
        }

        public override int MessagesOfOperation => 2;

        public override ILedger Open() => new DurableLedger(new DurableHub(_client), _runs, TimeProvider.System);

        public override async ValueTask DisposeAsync()
        {
            await _client.DisposeAsync();
            await _hub!.DisposeAsync();
        }
    }
}

using DurableTask.AzureStorage;
using DurableTask.Core;
using DurableTask.Core.Entities;
using DurableTask.Core.Entities.OperationFormat;
using Microsoft.Extensions.Logging;

namespace FunctionsApi.TestKit.TaskHubs;

/// <summary>Runs a batch of operations of one entity.</summary>
public delegate Task<EntityBatchResult> EntityRunner(EntityBatchRequest batch);

/// <summary>
/// The Durable Task engine that the Functions host has inside, on a real storage account: it takes the entities' messages from the
/// control queues, has batches of them run, and commits what came of them. Clients reach it at <see cref="Address"/>, by the
/// protocol that the host speaks with them.
/// </summary>
public sealed class TaskHub : IAsyncDisposable
{
    private readonly AzureStorageOrchestrationService _service;
    private readonly TaskHubWorker _worker;
    private readonly TaskHubServer _server;
    private bool _isOver;

    private TaskHub(AzureStorageOrchestrationService service, TaskHubWorker worker, TaskHubServer server) =>
        (_service, _worker, _server) = (service, worker, server);

    /// <summary>Where clients reach it: a loopback port of its own.</summary>
    public Uri Address => _server.Address;

    /// <summary>Makes what is missing in the account, and starts.</summary>
    /// <param name="options">Which hub, and how it is run.</param>
    /// <param name="entity">The entities' name, in lower case.</param>
    /// <param name="run">What runs them.</param>
    public static async Task<TaskHub> StartAsync(TaskHubOptions options, string entity, EntityRunner run)
    {
        var service = new AzureStorageOrchestrationService(options.Settings());
        await service.CreateIfNotExistsAsync();
        var worker = new TaskHubWorker(service, options.Logs);
        worker.AddTaskEntities(new NameValueObjectCreator<TaskEntity>(entity, "", new Entity(run)));
        var server = await TaskHubServer.StartAsync(service);
        await worker.StartAsync();
        return new(service, worker, server);
    }

    /// <summary>Ends as a host does that is told to: batches that run are finished.</summary>
    public Task StopAsync() => EndAsync(isForced: false);

    /// <summary>Ends without any more of what it is at.</summary>
    public async ValueTask DisposeAsync() => await EndAsync(isForced: true);

    private async Task EndAsync(bool isForced)
    {
        if (_isOver)
            return;
        _isOver = true;
        await _server.DisposeAsync();
        await _worker.StopAsync(isForced);
        _worker.Dispose();
        _service.Dispose();
    }

    private sealed class Entity(EntityRunner run) : TaskEntity
    {
        public override Task<EntityBatchResult> ExecuteOperationBatchAsync(EntityBatchRequest operations) => run(operations);
    }
}

/// <summary>Which hub, and how it is run: as <c>extensions.durableTask</c> in <c>host.json</c>.</summary>
public sealed record TaskHubOptions(string ConnectionString)
{
    public string Name { get; init; } = "testhub";

    /// <summary>The host's name by which it holds leases: another for each host.</summary>
    public string Owner { get; init; } = $"{Guid.NewGuid():N}";

    public int PartitionCount { get; init; } = 1;

    public TimeSpan MaxQueuePollingInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    public TimeSpan ControlQueueVisibilityTimeout { get; init; } = TimeSpan.FromMinutes(1);

    public ILoggerFactory Logs { get; init; } = Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance;

    internal AzureStorageOrchestrationServiceSettings Settings() => new()
    {
        TaskHubName = Name,
        WorkerId = Owner,
        PartitionCount = PartitionCount,
        MaxQueuePollingInterval = MaxQueuePollingInterval,
        ControlQueueVisibilityTimeout = ControlQueueVisibilityTimeout,
        StorageAccountClientProvider = new(ConnectionString),
        LoggerFactory = Logs,
        UseSeparateQueueForEntityWorkItems = true,
    };
}

using System.Text.Json;
using DurableTask.Core.Entities.OperationFormat;
using FunctionsApi.TestKit.Hosting;
using FunctionsApi.TestKit.Hosting.Bindings;
using FunctionsApi.TestKit.Hosting.Protocol;
using FunctionsApi.TestKit.Hosting.Workers;

namespace FunctionsApi.TestKit.TaskHubs;

/// <summary>
/// The task hub inside a <see cref="FunctionsHost"/>: give it to <see cref="FunctionsHostOptions.Triggers"/> and
/// <see cref="FunctionsHostOptions.InputBindings"/>. Batches of entities are run by the worker's function, and its clients are told the
/// hub's address.
/// </summary>
/// <param name="options">Which hub.</param>
public sealed class HostedTaskHub(TaskHubOptions options) : ITriggerListener, IInputBinding, IAsyncDisposable
{
    private readonly TaskCompletionSource<TaskHub> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<TaskHub> _hubs = [];

    string ITriggerListener.Type => "entityTrigger";

    string IInputBinding.Type => "durableClient";

    /// <summary>Batches that the worker has run, and the operations in them.</summary>
    public (int Batches, int Operations) Ran { get; private set; }

    /// <summary>Runs the hub until the host stops.</summary>
    public async Task ListenAsync(Function function, FunctionsHost host, CancellationToken stop)
    {
        var hub = await TaskHub.StartAsync(options, function.Name, batch => RunAsync(function, host, batch));
        _hubs.Add(hub);
        _started.TrySetResult(hub);
        var stopped = new TaskCompletionSource();
        await using (stop.Register(stopped.SetResult))
            await stopped.Task;
        await hub.StopAsync();
    }

    /// <summary>What the real host says; the rest of it is for orchestrations.</summary>
    public async ValueTask<TypedData> GetAsync(Function function, Binding binding, CancellationToken cancellationToken)
    {
        var hub = await _started.Task.WaitAsync(cancellationToken);
        return new()
        {
            String = JsonSerializer.Serialize(new
            {
                taskHubName = options.Name,
                rpcBaseUrl = hub.Address.ToString().TrimEnd('/'),
                httpBaseUrl = new Uri(hub.Address, "/runtime/webhooks/durabletask"),
                requiredQueryStringParameters = "code=none",
                maxGrpcMessageSizeInBytes = 4 * 1024 * 1024,
                grpcHttpClientTimeout = "\"00:01:40\"",
            }),
        };
    }

    /// <summary>Ends the hub as SIGKILL does, whatever it is at.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var hub in _hubs)
            await hub.DisposeAsync();
    }

    private async Task<EntityBatchResult> RunAsync(Function function, FunctionsHost host, EntityBatchRequest batch)
    {
        var trigger = new TypedData { String = EntityBatches.Encode(batch) };
        var answer = await host.InvokeAsync(function, trigger);
        if (!answer.Succeeded)
            throw new WorkerLostException($"The worker did not run a batch: {answer.Result.Exception?.Message}");
        Ran = (Ran.Batches + 1, Ran.Operations + batch.Operations!.Count);
        return EntityBatches.Decode(answer.ReturnValue.String);
    }
}

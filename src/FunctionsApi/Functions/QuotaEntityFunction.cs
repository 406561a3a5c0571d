using FunctionsApi.Ledgers;
using FunctionsApi.Quotas.Limiting;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Entities;

namespace FunctionsApi.Functions;

/// <summary>The durable entity that holds the counters of one partition: <c>@quota@key:k1</c>. Its state is <see cref="EntityText"/>.</summary>
internal sealed partial class QuotaEntityFunction(EntityRuns runs, CorrectedClock clock, ILogger<QuotaEntityFunction> logger) : ITaskEntity
{
    [Function(EntitySignal.Entity)]
    public Task DispatchAsync([EntityTrigger(EntityName = EntitySignal.Entity)] TaskEntityDispatcher dispatcher) => dispatcher.DispatchAsync(this);

    /// <inheritdoc/>
    /// <remarks>It never throws: the host would log that for each operation, and the instance that waits for this one sees that it is not applied.</remarks>
    ValueTask<object?> ITaskEntity.RunAsync(TaskEntityOperation operation)
    {
        var partition = EntityKey.PartitionOf(operation.Context.Id.Key);
        try
        {
            var before = StateOf(operation);
            var after = new EntitySignal(operation.Name, operation.GetInput<string>() ?? "").Receive(before, clock.Now);
            if (!ReferenceEquals(before, after))
                operation.State.SetState(after);
        }
        // A stranger's signal can hold anything: what is no text, or an operation that no limiter would send.
        catch (Exception e)
        {
            Log.Ignored(logger, operation.Name, partition, $"{e.GetType().Name}: {e.Message}");
        }
        runs.Ran(partition);
        return default;
    }

    /// <exception cref="InvalidDataException">It is no quota entity's.</exception>
    private static string? StateOf(TaskEntityOperation operation)
    {
        if (!operation.State.HasState)
            return null;
        try
        {
            return operation.State.GetState<string>("");
        }
        // By whatever serializer the host was given: a stranger's state is none that it reads as text.
        catch (Exception)
        {
            return "";
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "'{Operation}' of the counters of '{Partition}' is ignored: {Reason}")]
        public static partial void Ignored(ILogger logger, string operation, string partition, string reason);
    }
}

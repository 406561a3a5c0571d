using FunctionsApi.TestKit.Hosting.Bindings;
using FunctionsApi.TestKit.Hosting.Protocol;

namespace FunctionsApi.TestKit.Hosting.Workers;

/// <summary>Has the worker run functions.</summary>
internal sealed class Invocations(Worker worker, TimeSpan functionTimeout, IReadOnlyList<IInputBinding> inputBindings)
{
    /// <param name="function">Whose.</param>
    /// <param name="trigger">The data of its trigger.</param>
    /// <param name="metadata">What else the trigger tells, as how often a message came.</param>
    /// <param name="cancellationToken">Ends the making of its other data.</param>
    public async Task<InvocationRequest> CreateAsync(
        Function function, TypedData trigger, IReadOnlyDictionary<string, TypedData> metadata, CancellationToken cancellationToken)
    {
        var request = new InvocationRequest
        {
            InvocationId = $"{Guid.NewGuid()}",
            FunctionId = function.Id,
            TraceContext = new(),
            InputData = { new ParameterBinding { Name = function.Trigger.Name, Data = trigger } },
        };
        request.TriggerMetadata.Add(metadata.ToDictionary());
        foreach (var input in function.Inputs)
        {
            var source = inputBindings.First(source => source.Type == input.Type);
            request.InputData.Add(new ParameterBinding { Name = input.Name, Data = await source.GetAsync(function, input, cancellationToken) });
        }

        return request;
    }

    /// <param name="channel">To the process that shall run it.</param>
    /// <param name="request">What.</param>
    /// <param name="cancellationToken">Cancels the invocation; it still has an answer, and that is waited for.</param>
    /// <exception cref="WorkerLostException">The worker ended meanwhile, or it took too long and cost the worker its life.</exception>
    public async Task<InvocationResponse> SendAsync(WorkerChannel channel, InvocationRequest request, CancellationToken cancellationToken)
    {
        var answering = channel.AskAsync(new() { InvocationRequest = request });
        await using var registration = cancellationToken.Register(Cancel);
        try
        {
            await answering.WaitAsync(functionTimeout, CancellationToken.None);
        }
        catch (TimeoutException) when (!answering.IsCompleted)
        {
            Cancel();
            worker.Recycle();
        }

        return (await answering).InvocationResponse;

        void Cancel()
        {
            if (channel.Can("HandlesInvocationCancelMessage"))
                channel.Send(new() { InvocationCancel = new() { InvocationId = request.InvocationId } });
        }
    }
}

using System.Collections.Concurrent;
using System.Threading.Channels;
using FunctionsApi.TestKit.Hosting.Protocol;
using Grpc.Core;

namespace FunctionsApi.TestKit.Hosting.Workers;

/// <summary>
/// What is said to one process of the worker and what it says: questions with their answers, which have the same request id, and its log.
/// </summary>
internal sealed class WorkerChannel(string workerId, Lines output)
{
    private readonly Channel<StreamingMessage> _outgoing = Channel.CreateUnbounded<StreamingMessage>(new() { SingleReader = true });
    private readonly ConcurrentDictionary<string, TaskCompletionSource<StreamingMessage>> _asked = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Exception? _failure;

    public string WorkerId => workerId;

    /// <summary>Completed by the worker's first message, and faulted by <see cref="Fail"/>.</summary>
    public Task Started => _started.Task;

    /// <summary>Completed by <see cref="Fail"/>.</summary>
    public Task Lost => _lost.Task;

    /// <summary>What the worker can do, by the host's names for it.</summary>
    public IReadOnlyDictionary<string, string> Capabilities { get; set; } = new Dictionary<string, string>();

    public bool Can(string capability) => Capabilities.ContainsKey(capability);

    public void Send(StreamingMessage message) => _outgoing.Writer.TryWrite(message);

    /// <summary>Waits as long as the worker neither answers nor is given up.</summary>
    /// <exception cref="WorkerLostException">It is given up.</exception>
    public async Task<StreamingMessage> AskAsync(StreamingMessage question)
    {
        question.RequestId = $"{Guid.NewGuid()}";
        var answer = new TaskCompletionSource<StreamingMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked[question.RequestId] = answer;
        if (_failure is { } failure)
            answer.TrySetException(failure);
        Send(question);
        try
        {
            return await answer.Task;
        }
        finally
        {
            _asked.TryRemove(question.RequestId, out _);
        }
    }

    /// <summary>Gives the worker up: those who wait for an answer get this instead.</summary>
    public void Fail(Exception failure)
    {
        _failure = failure;
        _started.TrySetException(failure);
        _ = _started.Task.Exception;
        foreach (var answer in _asked.Values)
            answer.TrySetException(failure);
        _outgoing.Writer.TryComplete();
        _lost.TrySetResult();
    }

    /// <summary>Carries one stream of the worker, until either side ends it.</summary>
    public async Task RunAsync(IAsyncStreamReader<StreamingMessage> incoming, IServerStreamWriter<StreamingMessage> outgoing, CancellationToken cancellationToken)
    {
        _started.TrySetResult();
        var receiving = ReceiveAsync(incoming, cancellationToken);
        try
        {
            await foreach (var message in _outgoing.Reader.ReadAllAsync(cancellationToken))
                await outgoing.WriteAsync(message, cancellationToken);
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            // The process is gone, and its supervisor knows.
        }

        await receiving;
    }

    private async Task ReceiveAsync(IAsyncStreamReader<StreamingMessage> incoming, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var message in incoming.ReadAllAsync(cancellationToken))
                Receive(message);
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            // As above.
        }
    }

    private void Receive(StreamingMessage message)
    {
        if (message.ContentCase == StreamingMessage.ContentOneofCase.RpcLog)
            output.Add(Line(message.RpcLog));
        else if (_asked.TryGetValue(message.RequestId, out var answer))
            answer.TrySetResult(message);
    }

    private static string Line(RpcLog log) => $"{log.Level} {log.Category}: {log.Message}{(log.Exception is { } exception ? Environment.NewLine + exception.Message : "")}";

    private static bool IsEnd(Exception exception) => exception is OperationCanceledException or IOException or InvalidOperationException or Grpc.Core.RpcException;
}

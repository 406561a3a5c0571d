using System.Text.Json;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Client.Grpc;

namespace FunctionsApi.Ledgers;

/// <summary>
/// The client of the Functions host's task hub. The host listens for it at a port of its own choice and tells it only to functions
/// that it invokes; from the first of them on it serves all callers, with a request around or without.
/// </summary>
internal sealed class HubClient(ILogger<HubClient> logger) : IAsyncDisposable
{
    private readonly TaskCompletionSource _isKnown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TaskCompletionSource _wanted = Set();
    private readonly Lock _lock = new();
    private volatile GrpcDurableTaskClient? _client;
    private Uri? _address;

    /// <summary>Whether the next invocation that brings an address is to give it.</summary>
    public bool IsWanted => _wanted.Task.IsCompleted;

    /// <summary>Waits until it is wanted.</summary>
    public Task WantedAsync(CancellationToken cancellationToken) => _wanted.Task.WaitAsync(cancellationToken);

    /// <summary>Waits until it is there.</summary>
    public async ValueTask<DurableTaskClient> GetAsync(CancellationToken cancellationToken)
    {
        if (_client is null)
            await _isKnown.Task.WaitAsync(cancellationToken);
        return _client!;
    }

    /// <summary>Takes what the host gives to the binding <c>durableClient</c>.</summary>
    public void Connect(string binding)
    {
        using var json = JsonDocument.Parse(binding);
        Connect(new Uri(json.RootElement.GetProperty("rpcBaseUrl").GetString()!));
    }

    /// <summary>It is there, or at another port: the host may have started its extensions anew.</summary>
    public void Connect(Uri address)
    {
        lock (_lock)
        {
            if (_address != address)
                // The one before is left to those who still ask it.
                (_address, _client) = (address, new("", new GrpcDurableTaskClientOptions { Address = address.ToString(), EnableEntitySupport = true }, logger));
            if (IsWanted)
                _wanted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        _isKnown.TrySetResult();
    }

    /// <summary>It did not answer.</summary>
    public void Doubt() => _wanted.TrySetResult();

    public ValueTask DisposeAsync() => _client?.DisposeAsync() ?? default;

    private static TaskCompletionSource Set()
    {
        var set = new TaskCompletionSource();
        set.SetResult();
        return set;
    }
}

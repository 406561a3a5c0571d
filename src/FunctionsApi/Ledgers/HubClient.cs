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
    private volatile TaskCompletionSource _addressWanted = Completed();
    private readonly Lock _lock = new();
    private volatile GrpcDurableTaskClient? _client;
    private Uri? _address;

    /// <summary>Whether the next invocation that brings the hub's address is to give it.</summary>
    public bool IsAddressWanted => _addressWanted.Task.IsCompleted;

    /// <summary>Waits until the address is wanted.</summary>
    public Task AddressWantedAsync(CancellationToken cancellationToken) => _addressWanted.Task.WaitAsync(cancellationToken);

    /// <summary>Waits until the client is there.</summary>
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

    /// <summary>The hub is there, or at another port: the host may have started its extensions anew.</summary>
    public void Connect(Uri address)
    {
        lock (_lock)
        {
            if (_address != address)
                // The one before is left to those who still ask it.
                (_address, _client) = (address, new("", new GrpcDurableTaskClientOptions { Address = address.ToString(), EnableEntitySupport = true }, logger));
            if (IsAddressWanted)
                _addressWanted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        _isKnown.TrySetResult();
    }

    /// <summary>The hub did not answer: it may be at another address now.</summary>
    public void AskForAddress() => _addressWanted.TrySetResult();

    public ValueTask DisposeAsync() => _client?.DisposeAsync() ?? default;

    private static TaskCompletionSource Completed()
    {
        var completed = new TaskCompletionSource();
        completed.SetResult();
        return completed;
    }
}

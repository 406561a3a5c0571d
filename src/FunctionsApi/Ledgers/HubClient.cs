using Microsoft.DurableTask.Client;

namespace FunctionsApi.Ledgers;

/// <summary>
/// The client of the Functions host's task hub. The host listens for it at a port of its own choice and tells it only to functions
/// that it invokes; from the first of them on it serves whoever asks, with a request around or without.
/// </summary>
internal sealed class HubClient
{
    private readonly TaskCompletionSource _isKnown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile DurableTaskClient? _client;
    private volatile bool _isWanted = true;

    /// <summary>Whether the next invocation that brings a client is to give it.</summary>
    public bool IsWanted => _isWanted;

    /// <summary>Waits until it is there.</summary>
    public async ValueTask<DurableTaskClient> GetAsync(CancellationToken cancellationToken)
    {
        if (_client is null)
            await _isKnown.Task.WaitAsync(cancellationToken);
        return _client!;
    }

    /// <summary>It is there, or there is another: the host may have started its extensions anew, at another port.</summary>
    public void Set(DurableTaskClient client)
    {
        _client = client;
        _isWanted = false;
        _isKnown.TrySetResult();
    }

    /// <summary>It did not answer.</summary>
    public void Doubt() => _isWanted = true;
}

using Microsoft.DurableTask.Client;

namespace FunctionsApi.Ledgers;

/// <summary>
/// The client of the Functions host's task hub. The host listens for it at a port of its own choice and tells it only to functions
/// that it invokes; from the first of them on it serves whoever asks, with a request around or without.
/// </summary>
internal sealed class HubClient
{
    private readonly TaskCompletionSource<DurableTaskClient> _client = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether it is there.</summary>
    public bool IsKnown => _client.Task.IsCompleted;

    /// <summary>Waits for it.</summary>
    public Task<DurableTaskClient> GetAsync(CancellationToken cancellationToken) => _client.Task.WaitAsync(cancellationToken);

    /// <summary>It is there; all but the first are the same and are not needed.</summary>
    public void Set(DurableTaskClient client) => _client.TrySetResult(client);
}

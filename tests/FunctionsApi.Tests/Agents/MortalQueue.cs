using FunctionsApi.Storage;

namespace FunctionsApi.Tests.Agents;

/// <summary>What a process sees of a queue that outlives it: it dies to both, store and queue.</summary>
internal sealed class MortalQueue(IQueueStore inner, MortalStore life) : IQueueStore
{
    public Task SendAsync(string queue, string text, CancellationToken cancellationToken) => life.DoAsync(
        $"{queue}/send",
        async () =>
        {
            await inner.SendAsync(queue, text, cancellationToken);
            return true;
        });

    public Task<QueueMessage?> ReceiveAsync(string queue, TimeSpan hideFor, CancellationToken cancellationToken) =>
        life.DoAsync($"{queue}/receive", () => inner.ReceiveAsync(queue, hideFor, cancellationToken));

    public Task<QueueMessage?> HideAsync(string queue, QueueMessage message, TimeSpan hideFor, CancellationToken cancellationToken) =>
        life.DoAsync($"{queue}/hide", () => inner.HideAsync(queue, message, hideFor, cancellationToken));

    public Task<bool> DeleteAsync(string queue, QueueMessage message, CancellationToken cancellationToken) =>
        life.DoAsync($"{queue}/delete", () => inner.DeleteAsync(queue, message, cancellationToken));

    public Task<int> CountAsync(string queue, CancellationToken cancellationToken) => inner.CountAsync(queue, cancellationToken);
}

using System.Threading.Channels;
using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>The queue of crawl jobs to run, and the one of those that are beyond help.</summary>
internal sealed class CrawlQueue(IQueueStore queues)
{
    /// <summary>How often a message may come before it is given up; host.json has the same number.</summary>
    public const int MaxDeliveries = 5;

    public const string QueueName = "crawl-jobs";

    /// <summary>The Functions host gives messages up to the queue of this name.</summary>
    public const string PoisonQueueName = $"{QueueName}-poison";

    private readonly Channel<bool> _sent =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Says that this process has sent something, once for what was sent since it last said so.</summary>
    public ChannelReader<bool> Sent => _sent.Reader;

    public async Task SendAsync(string tenant, string id, CancellationToken cancellationToken)
    {
        await queues.SendAsync(QueueName, $"{new CrawlMessage(tenant, id)}", cancellationToken);
        _sent.Writer.TryWrite(true);
    }

    public Task<QueueMessage?> ReceiveAsync(TimeSpan hideFor, CancellationToken cancellationToken) =>
        queues.ReceiveAsync(QueueName, hideFor, cancellationToken);

    /// <returns>Null where another worker has the message by now.</returns>
    public Task<QueueMessage?> HideAsync(QueueMessage message, TimeSpan hideFor, CancellationToken cancellationToken) =>
        queues.HideAsync(QueueName, message, hideFor, cancellationToken);

    public Task DeleteAsync(QueueMessage message, CancellationToken cancellationToken) =>
        queues.DeleteAsync(QueueName, message, cancellationToken);

    /// <summary>Keeps a text for people to look at.</summary>
    public Task GiveUpAsync(string text, CancellationToken cancellationToken) =>
        queues.SendAsync(PoisonQueueName, text, cancellationToken);
}

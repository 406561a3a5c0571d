using Microsoft.Azure.Functions.Worker;
using Received = Azure.Storage.Queues.Models.QueueMessage;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>What the Functions host's queue trigger does; where there is none, <see cref="CrawlWorker"/> takes messages itself.</summary>
internal sealed class CrawlFunctions(CrawlDelivery delivery)
{
    // The host keeps a message hidden from others as long as its function runs.
    [Function("crawl")]
    public Task RunAsync([QueueTrigger(CrawlQueue.QueueName)] Received message, CancellationToken cancellationToken) =>
        delivery.HandleAsync(new(message.MessageId, message.Body.ToString(), (int)message.DequeueCount, ""), _ => Task.FromResult(true), cancellationToken);
}

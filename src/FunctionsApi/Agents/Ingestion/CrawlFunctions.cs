using Microsoft.Azure.Functions.Worker;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>What the Functions host's queue trigger does; where there is none, <see cref="CrawlWorker"/> takes messages itself.</summary>
internal sealed class CrawlFunctions(CrawlDelivery delivery)
{
    // The host tells the message's id and count by their names, and keeps it hidden from others as long as the function runs.
    [Function("crawl")]
    public Task RunAsync([QueueTrigger(CrawlQueue.QueueName)] string message, string id, int dequeueCount, CancellationToken cancellationToken) =>
        delivery.HandleAsync(new(id, message, dequeueCount, Receipt: ""), _ => Task.FromResult(true), cancellationToken);
}

using Microsoft.Azure.Functions.Worker;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>What the Functions host's queue trigger calls, and where there is none <see cref="CrawlWorker"/>.</summary>
internal sealed class CrawlFunctions(CrawlDelivery delivery, HeldMessages held)
{
    // The host tells the message's id and count by their names, and keeps it hidden from others as long as the function runs.
    [Function("crawl")]
    public Task RunAsync([QueueTrigger(CrawlQueue.QueueName)] string message, string id, int dequeueCount, CancellationToken cancellationToken) =>
        delivery.HandleAsync(new(id, message, dequeueCount, Receipt: ""), cancel => held.StayAsync(id, dequeueCount, cancel), cancellationToken);
}

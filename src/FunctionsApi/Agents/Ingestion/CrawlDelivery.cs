using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>What is done with a message of the queue.</summary>
internal sealed partial class CrawlDelivery(CrawlQueue queue, CrawlJobs jobs, CrawlRun run, ILogger<CrawlDelivery> logger)
{
    /// <summary>Does what the message says. When it returns, the message is done; when it throws, it has to come again.</summary>
    /// <param name="message">As it came.</param>
    /// <param name="stay">As in <see cref="CrawlRun.GoAsync"/>.</param>
    /// <param name="cancellationToken">Breaks it off.</param>
    public async Task HandleAsync(QueueMessage message, Func<CancellationToken, Task<bool>> stay, CancellationToken cancellationToken)
    {
        // The worker that had it at its last allowed delivery died before it could give the job up. The Functions host does not deliver it again.
        if (message.DequeueCount > CrawlQueue.MaxDeliveries)
        {
            await FailAsync(message, cancellationToken);
            await queue.GiveUpAsync(message.Text, cancellationToken);
            return;
        }

        if (CrawlMessage.Parse(message.Text) is not var (tenant, id))
        {
            Log.Malformed(logger, message.Id, CrawlQueue.PoisonQueueName);
            await queue.GiveUpAsync(message.Text, cancellationToken);
            return;
        }

        try
        {
            if (await jobs.TryClaimAsync(tenant, id, message.Id, cancellationToken) is { } claimed
                && !await run.GoAsync(claimed, stay, cancellationToken))
                await queue.SendAsync(tenant, id, cancellationToken);
        }
        catch (CrawlTakenOverException)
        {
            Log.TakenOver(logger, id);
            await jobs.TidyAsync(tenant, id, cancellationToken);
        }
        catch (Exception) when (message.DequeueCount >= CrawlQueue.MaxDeliveries && !cancellationToken.IsCancellationRequested)
        {
            await FailAsync(message, cancellationToken);
            throw;
        }
    }

    // Of a message that will not come again.
    private async Task FailAsync(QueueMessage message, CancellationToken cancellationToken)
    {
        if (CrawlMessage.Parse(message.Text) is var (tenant, id))
            await jobs.FailAsync(tenant, id, message.Id, $"It was tried {CrawlQueue.MaxDeliveries} times and could not be finished.", cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The message {Id} says no crawl job; it is now in the queue {Queue}")]
        public static partial void Malformed(ILogger logger, string id, string queue);

        [LoggerMessage(LogLevel.Information, "Crawl job {Id} is worked on by another instance by now, or cancelled")]
        public static partial void TakenOver(ILogger logger, string id);
    }
}

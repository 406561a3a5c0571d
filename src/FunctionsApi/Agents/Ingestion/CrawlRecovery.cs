using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>
/// Sends a message again for every job that should have one and shows no sign of it: its message was never sent, or was given
/// up by a worker that died before it could fail the job. One message too many does nothing.
/// </summary>
internal sealed class CrawlRecovery(CrawlJobs jobs, CrawlQueue queue)
{
    /// <summary>Longer than the Functions host hides a message of an instance that was killed, which is 10 minutes.</summary>
    public static readonly TimeSpan After = TimeSpan.FromMinutes(15);

    /// <returns>How many.</returns>
    /// <exception cref="TableStoreException">The store could not be read or written; the next time goes on.</exception>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var (tenant, id) in jobs.ForgottenAsync(After, cancellationToken))
        {
            await queue.SendAsync(tenant, id, cancellationToken);
            count++;
        }

        return count;
    }
}

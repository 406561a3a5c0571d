using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>
/// Takes messages from the queue where the Functions host does not, and calls the function that the host would call. It asks at once when
/// this process has sent one, and otherwise less and less often while there is none.
/// </summary>
internal sealed partial class CrawlWorker(
    CrawlQueue queue, CrawlFunctions functions, HeldMessages messages, TimeProvider time, ILogger<CrawlWorker> logger, Random? random = null) : BackgroundService
{
    /// <summary>How long a message of a worker that was killed stays hidden.</summary>
    public static readonly TimeSpan HideFor = TimeSpan.FromMinutes(1);

    /// <summary>After which a message that failed comes again; host.json has the same.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(30);

    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private const int MaxAtOnce = 4;
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);

    private readonly Random _random = random ?? Random.Shared;
    private readonly SemaphoreSlim _free = new(MaxAtOnce);
    private TimeSpan _pause = ShortestPause;

    public override void Dispose()
    {
        _free.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await _free.WaitAsync(stoppingToken);
                if (await TryReceiveAsync(stoppingToken) is { } message)
                {
                    _pause = ShortestPause;
                    _ = WorkAsync(message, stoppingToken);
                    continue;
                }

                _free.Release();
                await PauseAsync(stoppingToken);
            }
        }
        finally
        {
            // What is under way gives its message back.
            for (var n = 0; n < MaxAtOnce; n++)
                await _free.WaitAsync(CancellationToken.None);
        }
    }

    private async Task PauseAsync(CancellationToken stoppingToken)
    {
        using var over = new CancellationTokenSource(_pause * (0.8 + (0.2 * _random.NextDouble())), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, stoppingToken);
        try
        {
            await queue.Sent.ReadAsync(either.Token);
            _pause = ShortestPause;
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        }
    }

    private async Task<QueueMessage?> TryReceiveAsync(CancellationToken stoppingToken)
    {
        try
        {
            return await queue.ReceiveAsync(HideFor, stoppingToken);
        }
        // No failure of the queue may stop the server.
        catch (Exception exception)
        {
            if (!stoppingToken.IsCancellationRequested)
                Log.Unreadable(logger, exception.Message);
            return null;
        }
    }

    private async Task WorkAsync(QueueMessage message, CancellationToken stoppingToken)
    {
        var held = messages.Hold(message, HideFor);
        try
        {
            await WorkAsync(held, stoppingToken);
        }
        // What could not be said to the queue is said by time: the message comes again.
        catch (Exception exception)
        {
            Log.Unreadable(logger, exception.Message);
        }
        finally
        {
            messages.Release(held);
            _free.Release();
        }
    }

    private async Task WorkAsync(HeldMessage held, CancellationToken stoppingToken)
    {
        try
        {
            await functions.RunAsync(held.Message.Text, held.Message.Id, held.Message.DequeueCount, stoppingToken);
            await queue.DeleteAsync(held.Message, CancellationToken.None);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await queue.HideAsync(held.Message, TimeSpan.Zero, CancellationToken.None);
        }
        catch (Exception exception)
        {
            Log.Failed(logger, exception, held.Message.Text, held.Message.DequeueCount, CrawlQueue.MaxDeliveries);
            await ReturnAsync(held.Message);
        }
    }

    private async Task ReturnAsync(QueueMessage message)
    {
        if (message.DequeueCount < CrawlQueue.MaxDeliveries)
        {
            await queue.HideAsync(message, RetryAfter, CancellationToken.None);
            return;
        }

        await queue.GiveUpAsync(message.Text, CancellationToken.None);
        await queue.DeleteAsync(message, CancellationToken.None);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The queue of crawl jobs cannot be read or written; trying again soon. {Reason}")]
        public static partial void Unreadable(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Warning, "The crawl {Message} failed for the {Count}. time of at most {Most}")]
        public static partial void Failed(ILogger logger, Exception exception, string message, int count, int most);
    }
}

using FunctionsApi.Storage;

namespace FunctionsApi.Alerts.Webhooks;

/// <summary>Delivers at once what this process has added, and every <see cref="Interval"/> what others have, or what failed before.</summary>
internal sealed partial class DeliveryService(Delivery delivery, Outbox outbox, TimeProvider time, ILogger<DeliveryService> logger) : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private bool _failing;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await PauseAsync(stoppingToken);
            await TryDeliverAsync(stoppingToken);
        }
    }

    private async Task PauseAsync(CancellationToken stoppingToken)
    {
        using var over = new CancellationTokenSource(Interval, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, stoppingToken);
        try
        {
            await outbox.Added.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            // It is time to look all the same.
        }
    }

    private async Task TryDeliverAsync(CancellationToken stoppingToken)
    {
        try
        {
            await delivery.RunOnceAsync(stoppingToken);
            if (_failing)
                Log.Recovered(logger);
            _failing = false;
        }
        // No failure of a delivery may stop the server.
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            if (!_failing)
                Log.Failed(logger, exception is TableStoreException ? null : exception, exception.Message);
            _failing = true;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Webhooks cannot be sent at the moment; what waits is sent later. {Reason}")]
        public static partial void Failed(ILogger logger, Exception? exception, string reason);

        [LoggerMessage(LogLevel.Information, "Webhooks are sent again")]
        public static partial void Recovered(ILogger logger);
    }
}

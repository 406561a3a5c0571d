using FunctionsApi.Storage;
using FunctionsApi.Telemetry;
using FunctionsApi.Timers;

namespace FunctionsApi.Usage;

/// <summary>Flushes usage every <see cref="Interval"/>, and the rest when the server stops.</summary>
internal sealed partial class UsageFlusher(UsageRecorder recorder, QuotaMetrics metrics, TimeProvider time, ILogger<UsageFlusher> logger)
    : TimerService(Interval, time)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private bool _failing;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        while (!await TryFlushAsync(cancellationToken) && !cancellationToken.IsCancellationRequested)
            await Task.Delay(Interval / 8, Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override Task WorkAsync(CancellationToken stoppingToken) => TryFlushAsync(stoppingToken);

    private async Task<bool> TryFlushAsync(CancellationToken cancellationToken)
    {
        try
        {
            await recorder.FlushAsync(cancellationToken);
            metrics.UsageFlushed(written: true);
            if (_failing)
                Log.Recovered(logger);
            _failing = false;
            return true;
        }
        catch (Exception exception) when (exception is TableStoreException or OperationCanceledException)
        {
            metrics.UsageFlushed(written: false);
            // One line when it begins and one when it ends, not one every two seconds.
            if (!_failing && exception is TableStoreException)
                Log.Failed(logger, exception);
            _failing |= exception is TableStoreException;
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Usage cannot be written and is kept in memory until it can")]
        public static partial void Failed(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Information, "Usage is written again")]
        public static partial void Recovered(ILogger logger);
    }
}

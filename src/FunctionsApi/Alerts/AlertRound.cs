using FunctionsApi.Storage;

namespace FunctionsApi.Alerts;

/// <summary>What is done every few seconds to notice what tenants want to be told of.</summary>
internal sealed partial class AlertRound(AlertDirectory alerts, ThresholdWatch thresholds, DigestWriter digests, ILogger<AlertRound> logger) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private bool _failing;

    /// <summary>What fails is tried again by the next round. A failure is logged when it begins and when it is over.</summary>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await alerts.RefreshAsync(cancellationToken);
            await thresholds.RunOnceAsync(cancellationToken);
            await digests.RunOnceAsync(cancellationToken);
            if (_failing)
                Log.Recovered(logger);
            _failing = false;
        }
        // No failure of a round may stop the server.
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            if (!_failing)
                Log.Failed(logger, exception is TableStoreException ? null : exception, exception.Message);
            _failing = true;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Alerts cannot be looked after at the moment; what is missed now is noticed later. {Reason}")]
        public static partial void Failed(ILogger logger, Exception? exception, string reason);

        [LoggerMessage(LogLevel.Information, "Alerts are looked after again")]
        public static partial void Recovered(ILogger logger);
    }
}

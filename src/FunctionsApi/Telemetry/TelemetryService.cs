using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace FunctionsApi.Telemetry;

/// <summary>
/// Tells once that telemetry cannot be sent, and sends what has gathered when the server stops. Left to itself each of the three
/// signals would wait 5 s for a receiver that does not answer, one after the other.
/// </summary>
internal sealed partial class TelemetryService(
    TracerProvider traces, MeterProvider metrics, LoggerProvider logs, ILogger<TelemetryService> logger) : IHostedService, IDisposable
{
    // The whole server stops within 10 s.
    private static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(1);

    private ExportTrouble? _trouble;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _trouble = new(reason => Log.Unsent(logger, reason));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => ShutdownAsync(FlushTimeout).WaitAsync(cancellationToken);

    /// <summary>Sends what has gathered, if that can be done in time, and nothing more after it.</summary>
    public Task ShutdownAsync(TimeSpan timeout)
    {
        var milliseconds = (int)timeout.TotalMilliseconds;
        return Task.WhenAll(
            Task.Run(() => traces.Shutdown(milliseconds)),
            Task.Run(() => metrics.Shutdown(milliseconds)),
            Task.Run(() => logs.Shutdown(milliseconds)));
    }

    public void Dispose() => _trouble?.Dispose();

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Telemetry cannot be sent, which is told this once; requests are served all the same. {Reason}")]
        public static partial void Unsent(ILogger logger, string reason);
    }
}

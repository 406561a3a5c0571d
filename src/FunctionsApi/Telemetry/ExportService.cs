namespace FunctionsApi.Telemetry;

/// <summary>Ties the export to the server: it runs from before the first request until after the last.</summary>
internal sealed partial class ExportService(Export export, ILogger<ExportService> logger) : IHostedService, IDisposable
{
    // The whole server stops within 10 s.
    private static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(1);

    private ExportTrouble? _trouble;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _trouble = new(reason => Log.Unsent(logger, reason));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) =>
        export.ShutdownAsync(FlushTimeout).WaitAsync(cancellationToken);

    public void Dispose() => _trouble?.Dispose();

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Telemetry cannot be sent, which is told this once; requests are served all the same. {Reason}")]
        public static partial void Unsent(ILogger logger, string reason);
    }
}

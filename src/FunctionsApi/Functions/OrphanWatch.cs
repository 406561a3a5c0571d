namespace FunctionsApi.Functions;

/// <summary>
/// Stops the server when the host is gone. A host that is killed leaves us behind, with a port that nobody asks and leases
/// that nobody spends.
/// </summary>
internal sealed partial class OrphanWatch(IHostApplicationLifetime lifetime, TimeProvider time, ILogger<OrphanWatch> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await ParentProcess.WaitForExitAsync(time, stoppingToken);
        Log.Orphaned(logger);
        lifetime.StopApplication();
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The Functions host that started this program is gone: stopping")]
        public static partial void Orphaned(ILogger logger);
    }
}

using FunctionsApi.Storage;

namespace FunctionsApi.Operations;

/// <summary>Writes the time to the store every 30 s.</summary>
internal sealed partial class Heartbeat(Clock clock, TimeProvider time, ILogger<Heartbeat> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    // From the start: ExecuteAsync begins some time after the server serves.
    private readonly PeriodicTimer _timer = new(Interval, time);

    public override void Dispose()
    {
        _timer.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _timer.WaitForNextTickAsync(stoppingToken))
            await TryWriteAsync(stoppingToken);
    }

    private async Task TryWriteAsync(CancellationToken cancellationToken)
    {
        try
        {
            await clock.WriteAsync(accept: false, cancellationToken);
        }
        catch (TableStoreException exception)
        {
            Log.Unwritable(logger, exception.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The time cannot be written to the store. {Reason}")]
        public static partial void Unwritable(ILogger logger, string reason);
    }
}

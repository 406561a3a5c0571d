using FunctionsApi.Storage;

namespace FunctionsApi.Health;

/// <summary>Writes the time to the store every 30 s.</summary>
internal sealed partial class Heartbeat(Clock clock, TimeProvider time, ILogger<Heartbeat> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    // From the start: ExecuteAsync begins some time after the server serves.
    private readonly PeriodicTimer _timer = new(Interval, time);
    private bool _failing;

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
            if (_failing)
                Log.Writable(logger);
            _failing = false;
        }
        catch (TableStoreException exception)
        {
            if (!_failing)
                Log.Unwritable(logger, exception.Message);
            _failing = true;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The time cannot be written to the store. {Reason}")]
        public static partial void Unwritable(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Information, "The time is written to the store again")]
        public static partial void Writable(ILogger logger);
    }
}

using FunctionsApi.Storage;
using FunctionsApi.Timers;

namespace FunctionsApi.Health;

/// <summary>Writes the time to the store every 30 s.</summary>
internal sealed partial class Heartbeat(Clock clock, TimeProvider time, ILogger<Heartbeat> logger) : TimerService(TimeSpan.FromSeconds(30), time)
{
    private bool _failing;

    protected override async Task WorkAsync(CancellationToken stoppingToken)
    {
        try
        {
            await clock.WriteAsync(accept: false, stoppingToken);
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

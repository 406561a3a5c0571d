using FunctionsApi.Sweeps;

namespace FunctionsApi.Alone;

/// <summary>Sweeps about every hour where the Functions host does not, whichever instance's turn comes first.</summary>
internal sealed partial class SweepTimer(
    HourlySweep sweep, TimeProvider time, ILogger<SweepTimer> logger, Random? random = null) : BackgroundService
{
    private static readonly TimeSpan Interval = HourlySweep.Interval;

    // Instances come and go: the first time must not take them all an hour, nor find all of them at it at once.
    private static readonly TimeSpan FirstWithin = TimeSpan.FromMinutes(15);

    private readonly Random _random = random ?? Random.Shared;
    private readonly PeriodicTimer _timer = new(FirstWithin * (0.2 + 0.8 * (random ?? Random.Shared).NextDouble()), time);

    public override void Dispose()
    {
        _timer.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _timer.WaitForNextTickAsync(stoppingToken))
        {
            _timer.Period = Interval * (0.9 + 0.2 * _random.NextDouble());
            await TrySweepAsync(stoppingToken);
        }
    }

    private async Task TrySweepAsync(CancellationToken cancellationToken)
    {
        try
        {
            await sweep.RunAsync(cancellationToken);
        }
        // Whatever it is, it must not stop the server.
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Log.Failed(logger, exception.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Expired rows could not be deleted; the next sweep goes on. {Reason}")]
        public static partial void Failed(ILogger logger, string reason);
    }
}

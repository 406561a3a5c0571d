using FunctionsApi.Sweeps;
using FunctionsApi.Timers;
using Microsoft.Azure.Functions.Worker;

namespace FunctionsApi.Alone;

/// <summary>Calls the function that sweeps, about every hour, where no host's timer does. Which instance sweeps is the sweep's own affair.</summary>
internal sealed partial class SweepTimer(SweepsFunctions sweeps, TimeProvider time, ILogger<SweepTimer> logger)
    // Instances come and go: the first time must not take them all an hour, nor find all of them at it at once.
    : TimerService(FirstWithin * (0.2 + 0.8 * Random.Shared.NextDouble()), time)
{
    private static readonly TimeSpan FirstWithin = TimeSpan.FromMinutes(15);

    protected override async Task WorkAsync(CancellationToken stoppingToken)
    {
        Period = HourlySweep.Interval * (0.9 + 0.2 * Random.Shared.NextDouble());
        try
        {
            await sweeps.SweepAsync(new TimerInfo(), stoppingToken);
        }
        // No failure of a sweep may stop the server.
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
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

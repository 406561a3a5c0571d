using FunctionsApi.Timers;

namespace FunctionsApi.Alerts;

/// <summary>Looks for what to tell every 2 s, and once more when the server stops.</summary>
internal sealed class AlertTimer(AlertRound round, TimeProvider time) : TimerService(TimeSpan.FromSeconds(2), time)
{
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await round.RunOnceAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The time in which the program stops is used up.
        }
    }

    protected override Task WorkAsync(CancellationToken stoppingToken) => round.RunOnceAsync(stoppingToken);
}

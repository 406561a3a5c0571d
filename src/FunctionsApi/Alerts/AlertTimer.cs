namespace FunctionsApi.Alerts;

/// <summary>Looks for what to tell every <see cref="Interval"/>, and once more when the server stops.</summary>
internal sealed class AlertTimer(AlertRound round, TimeProvider time) : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly PeriodicTimer _timer = new(Interval, time);

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

    public override void Dispose()
    {
        _timer.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _timer.WaitForNextTickAsync(stoppingToken))
            await round.RunOnceAsync(stoppingToken);
    }
}

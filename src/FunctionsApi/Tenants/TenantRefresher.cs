namespace FunctionsApi.Tenants;

/// <summary>Keeps <see cref="TenantDirectory"/> no more than 30 s behind the store, one failed attempt included.</summary>
internal sealed class TenantRefresher(TenantDirectory directory, TimeProvider time) : BackgroundService
{
    public static TimeSpan Period { get; } = TimeSpan.FromSeconds(10);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Before the first request is let in: the plans that came with the program may not be those in force.
        await directory.RefreshAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await directory.RefreshAsync(stoppingToken);
    }
}

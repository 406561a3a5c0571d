using FunctionsApi.Operations;

namespace FunctionsApi.Tenants;

/// <summary>Keeps <see cref="TenantDirectory"/> no more than 30 s behind the store, one failed attempt included.</summary>
internal sealed class TenantRefresher(TenantDirectory directory, TimeProvider time) : BackgroundService
{
    private readonly PeriodicTimer _timer = new(TimeSpan.FromSeconds(10), time);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Before the first request is let in: the plans that came with the program may not be those in force.
        await directory.RefreshAsync(cancellationToken);
        StartTimes.Mark("tenants");
        await base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _timer.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _timer.WaitForNextTickAsync(stoppingToken))
            await directory.RefreshAsync(stoppingToken);
    }
}

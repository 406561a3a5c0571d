namespace FunctionsApi.Tenants;

/// <summary>Keeps <see cref="TenantDirectory"/> no more than 30 s behind the store, one failed attempt included.</summary>
internal sealed class TenantRefresher(TenantDirectory directory, TimeProvider time) : BackgroundService
{
    private readonly PeriodicTimer _timer = new(TimeSpan.FromSeconds(10), time);

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

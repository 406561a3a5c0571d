namespace FunctionsApi.Tenants;

/// <summary>
/// Keeps <see cref="TenantDirectory"/> no more than 30 s behind the store, two attempts that fail or time out included:
/// 10 s, 5 s of waiting in vain, 2 s, 5 s of waiting in vain, 2 s, and 5 s until the answer is there.
/// </summary>
internal sealed class TenantRefresher : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(2);

    private readonly TenantDirectory _directory;
    private readonly Random _random;
    private readonly PeriodicTimer _timer;

    public TenantRefresher(TenantDirectory directory, TimeProvider time, Random? random = null)
    {
        (_directory, _random) = (directory, random ?? Random.Shared);
        // Anywhere in the interval, since hundreds of instances may have started together. And made here: ExecuteAsync
        // begins some time after the server serves.
        _timer = new(Interval * (0.1 + 0.9 * _random.NextDouble()), time);
    }

    public override void Dispose()
    {
        _timer.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _timer.WaitForNextTickAsync(stoppingToken))
        {
            // Counted from the beginning of an attempt, for that is how old what it read is.
            _timer.Period = Interval * (0.8 + 0.2 * _random.NextDouble());
            if (!await _directory.RefreshAsync(stoppingToken))
                _timer.Period = AfterFailure;
        }
    }
}

using FunctionsApi.Timers;

namespace FunctionsApi.Tenants;

/// <summary>
/// Keeps <see cref="TenantDirectory"/> no more than 30 s behind the store, two attempts that fail or time out included:
/// 10 s, 5 s of waiting in vain, 2 s, 5 s of waiting in vain, 2 s, and 5 s until the answer is there.
/// </summary>
internal sealed class TenantRefresher(TenantDirectory directory, TimeProvider time, Random? random = null)
    // Anywhere in the interval, since hundreds of instances may have started together.
    : TimerService(Interval * (0.1 + 0.9 * (random ?? Random.Shared).NextDouble()), time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(2);

    private readonly Random _random = random ?? Random.Shared;

    protected override async Task WorkAsync(CancellationToken stoppingToken)
    {
        // Counted from the beginning of an attempt, for that is how old what it read is.
        Period = Interval * (0.8 + 0.2 * _random.NextDouble());
        if (!await directory.RefreshAsync(stoppingToken))
            Period = AfterFailure;
    }
}

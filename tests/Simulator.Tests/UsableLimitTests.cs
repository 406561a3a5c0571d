using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;
using Shouldly;
using Xunit;

namespace FunctionsApi.Simulator.Tests;

/// <summary>How much of what a plan sells can be used by callers who keep asking for more.</summary>
public sealed class UsableLimitTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 10)]
    [InlineData(4, 50)]
    [InlineData(16, 10)]
    public void At_least_98_percent_of_a_sliding_limit_is_usable(int instances, int latencyMs)
    {
        const int Limit = 600, Windows = 4;
        var charge = Charge(Algorithm.SlidingWindow, Limit);
        var cluster = new HammeredCluster(new InMemoryTableStore(), TimeSpan.FromMilliseconds(latencyMs), instances);
        // The limit's worth of requests, so many times over, and one more: from the first to that one, whole limits were used.
        cluster.Hammer(charge, 40.0 / instances, () => cluster.Admissions.Count > Windows * Limit);
        Instant[] admissions = [.. cluster.Admissions.Order()];
        (Windows * TimeSpan.FromMinutes(1) / (admissions[Windows * Limit] - admissions[0])).ShouldBeGreaterThan(0.98);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 50)]
    [InlineData(16, 10)]
    public void At_least_98_percent_of_a_fixed_limit_is_usable(int instances, int latencyMs)
    {
        const int Limit = 600;
        var charge = Charge(Algorithm.FixedWindow, Limit);
        var cluster = new HammeredCluster(new InMemoryTableStore(), TimeSpan.FromMilliseconds(latencyMs), instances);
        cluster.Hammer(charge, 15.0 / instances, () => cluster.Elapsed >= TimeSpan.FromMinutes(3));
        foreach (var window in cluster.Admissions.GroupBy(at => at.Ticks / TimeSpan.TicksPerMinute))
            window.Count().ShouldBeInRange((int)(0.98 * Limit), Limit);
    }

    [Fact]
    public void Refused_callers_make_few_storage_operations_however_hard_they_hammer()
    {
        foreach (var algorithm in Enum.GetValues<Algorithm>())
        {
            var cluster = new HammeredCluster(new InMemoryTableStore(), TimeSpan.FromMilliseconds(10), 4, inFlight: TimeSpan.FromSeconds(30));
            cluster.Hammer(Charge(algorithm, 120), 50, () => cluster.Elapsed >= TimeSpan.FromMinutes(2));
            // Leases of requests in flight are also renewed, and what others may be about to return is asked for.
            var most = algorithm == Algorithm.Concurrency ? 3.5 : 2;
            (cluster.StorageOperations / cluster.Elapsed.TotalSeconds / 4).ShouldBeLessThan(most, algorithm.ToString());
        }
    }

    private static Charge Charge(Algorithm algorithm, int limit) => new(
        new([new() { Name = "limit", Algorithm = algorithm, Limit = limit, Window = algorithm == Algorithm.Concurrency ? TimeSpan.Zero : TimeSpan.FromMinutes(1) }]),
        [new(0, 1)]);
}

namespace FunctionsApi.EndToEnd.Tests.Cluster;

/// <summary>
/// Four servers sell one limit together, whatever becomes of them. They deny where the ledger is late, so that no slow
/// machine makes a difference. No window ends within a test: a sliding one is an hour long, and where the day changes
/// meanwhile a fixed one is sold once more.
/// </summary>
[Collection(ClusterCollection.Name)]
public sealed class SharedLimitTests(SharedLimitTests.Four four) : IClassFixture<SharedLimitTests.Four>
{
    private const int Limit = 4000;

    private readonly TestCluster _cluster = four.Cluster;
    private readonly DateTime _since = Today;

    [Theory]
    [InlineData(Plans.Daily)]
    [InlineData(Plans.Hourly)]
    public async Task Four_servers_admit_together_what_the_plan_says(string plan)
    {
        var key = await _cluster.Installation.CreateKeyAsync(plan, user: $"{plan}-all");
        await using var crowd = new Crowd(key, _cluster.Clients(2));
        await SellAsync(crowd, plan);
    }

    [Theory]
    [InlineData(Plans.Daily)]
    [InlineData(Plans.Hourly)]
    public async Task Kills_under_load_admit_nothing_too_much_and_cost_no_more_than_was_leased(string plan)
    {
        const int kills = 3;
        var key = await _cluster.Installation.CreateKeyAsync(plan, user: $"{plan}-killed");
        await using var crowd = new Crowd(key, _cluster.Clients(2));

        for (var kill = 0; kill < kills; kill++)
        {
            var aim = crowd.Admitted + 500;
            await crowd.UntilAsync(c => c.Admitted >= aim || c.Refused > 0, $"{aim} admissions");
            await _cluster.KillAndRestartAsync(kill);
        }
        await Task.WhenAll(_cluster.Servers);
        var refused = crowd.Refused;
        await crowd.UntilAsync(c => c.Refused >= refused + 200, "200 refusals by all of them");
        await crowd.StopAsync();

        // In hand is at most what one operation was granted, an eighth of what was left, and a quarter of the one before.
        var kept = Math.Pow(1 - 1.0 / 8 - 1.0 / 32, kills);
        crowd.Admitted.ShouldBeInRange((int)(kept * Limit) - crowd.Lost, Sold(plan), $"{crowd}");
    }

    [Fact]
    public async Task An_outage_of_the_store_admits_nothing_too_much_and_loses_nothing()
    {
        var key = await _cluster.Installation.CreateKeyAsync(Plans.Daily, user: "patient");
        await using var crowd = new Crowd(key, _cluster.Clients(2));
        await crowd.UntilAsync(c => c.Admitted >= 200, "200 admissions");

        await _cluster.StopStoreAsync();
        await _cluster.AwayAsync();
        await crowd.UntilAsync(c => c.Unavailable >= 100, "100 answers of 503");
        await _cluster.RestartStoreAsync();
        await _cluster.ReadyAsync();
        await SellAsync(crowd, Plans.Daily);
    }

    /// <summary>Until nothing is left: nearly the whole limit, and no more.</summary>
    private async Task SellAsync(Crowd crowd, string plan)
    {
        await crowd.UntilAsync(c => c.Refused >= 200 && c.Admitted >= 0.98 * Limit, "the limit, and 200 refusals");
        await crowd.StopAsync();
        crowd.Admitted.ShouldBeLessThanOrEqualTo(Sold(plan), $"{crowd}");
        crowd.Slowest.ShouldBeLessThan(Bounds.Answer);
    }

    /// <summary>What may be sold since the test began.</summary>
    private int Sold(string plan) => Limit * (plan == Plans.Daily ? 1 + (Today - _since).Days : 1);

    private static DateTime Today => TimeProvider.System.GetUtcNow().UtcDateTime.Date;

    /// <summary>The servers, for all tests of the class.</summary>
    public sealed class Four : IAsyncLifetime
    {
        internal TestCluster Cluster { get; private set; } = null!;

        public async ValueTask InitializeAsync() =>
            Cluster = await TestCluster.StartAsync(4, Plans.DailyAndHourly(Limit), ("Quotas__WhenLedgerUnavailable", "deny"));

        public ValueTask DisposeAsync() => Cluster?.DisposeAsync() ?? default;
    }
}

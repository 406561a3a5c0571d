namespace FunctionsApi.EndToEnd.Tests.Cluster;

/// <summary>
/// Four servers sell one limit together, whatever becomes of them. No window ends within a test: a sliding one is an hour
/// long, and where the day changes meanwhile a fixed one is sold once more.
/// </summary>
[Collection(ClusterCollection.Name)]
public sealed class SharedLimitTests
{
    private const int Limit = 2000;
    private const string Partition = "user:acme/alice";

    [Theory]
    [InlineData("sliding-window")]
    [InlineData("fixed-window")]
    public async Task Four_servers_admit_together_what_the_plan_says(string algorithm)
    {
        var day = Today;
        await using var cluster = await TestCluster.StartAsync(4, PlansOf(algorithm));
        var key = await cluster.Installation.CreateKeyAsync();
        await using var crowd = new Crowd(key, cluster.Clients(2));

        await crowd.UntilAsync(c => c.Refused >= 200 && c.Admitted >= 0.98 * Limit, "the limit, and 200 refusals");
        await crowd.StopAsync();
        crowd.Admitted.ShouldBeLessThanOrEqualTo(Limit * Windows(algorithm, day), $"{crowd}");
        crowd.Unavailable.ShouldBe(0);
    }

    [Theory]
    [InlineData("sliding-window")]
    [InlineData("fixed-window")]
    public async Task Kills_under_load_admit_nothing_too_much_and_cost_no_more_than_was_leased(string algorithm)
    {
        const int kills = 3;
        var day = Today;
        await using var cluster = await TestCluster.StartAsync(4, PlansOf(algorithm));
        var key = await cluster.Installation.CreateKeyAsync();
        await using var crowd = new Crowd(key, cluster.Clients(2));

        for (var kill = 0; kill < kills; kill++)
        {
            var aim = crowd.Admitted + 200;
            await crowd.UntilAsync(c => c.Admitted >= aim, $"{aim} admissions");
            await cluster.KillAndRestartAsync(kill);
        }
        await crowd.UntilAsync(c => c.Refused >= 400, "400 refusals");
        await crowd.StopAsync();

        // In hand is at most what one operation was granted, an eighth of what was left, and a quarter of the one before.
        var kept = Math.Pow(1 - 1.0 / 8 - 1.0 / 32, kills);
        crowd.Admitted.ShouldBeInRange((int)(kept * Limit) - crowd.Lost, Limit * Windows(algorithm, day), $"{crowd}");
    }

    [Fact]
    public async Task Where_it_denies_an_outage_of_the_store_admits_nothing_too_much_and_loses_nothing()
    {
        var day = Today;
        await using var cluster = await TestCluster.StartAsync(
            4, Plans.Fixed("1d", Limit), ("Quotas__WhenLedgerUnavailable", "deny"));
        var key = await cluster.Installation.CreateKeyAsync();
        await using var crowd = new Crowd(key, cluster.Clients(2));
        await crowd.UntilAsync(c => c.Admitted >= 200, "200 admissions");

        await cluster.StopStoreAsync();
        await cluster.ReadyAsync(false);
        await crowd.UntilAsync(c => c.Unavailable >= 100, "100 answers of 503");
        await cluster.RestartStoreAsync();
        await cluster.ReadyAsync();

        await crowd.UntilAsync(c => c.Refused >= 200 && c.Admitted >= 0.98 * Limit, "the limit, and 200 refusals");
        await crowd.StopAsync();
        crowd.Admitted.ShouldBeLessThanOrEqualTo(Limit * Windows("fixed-window", day), $"{crowd}");
        crowd.Slowest.ShouldBeLessThan(Bounds.Answer);
    }

    [Fact]
    public async Task Where_it_admits_an_outage_of_the_store_is_charged_for_afterwards_to_the_permit()
    {
        const int ample = 1_000_000;
        await using var cluster = await TestCluster.StartAsync(4, Plans.Sliding("1h", ample));
        var key = await cluster.Installation.CreateKeyAsync();
        await using var crowd = new Crowd(key, cluster.Clients(1));
        await crowd.UntilAsync(c => c.Admitted >= 200, "200 admissions");

        await cluster.StopStoreAsync();
        await cluster.ReadyAsync(false);
        var before = crowd.Admitted;
        await crowd.UntilAsync(c => c.Admitted >= before + 500, "500 admissions without the store");
        await cluster.RestartStoreAsync();
        await cluster.ReadyAsync();
        await crowd.StopAsync();

        (crowd.Refused, crowd.Unavailable, crowd.Lost).ShouldBe((0, 0, 0), $"{crowd}");
        crowd.Slowest.ShouldBeLessThan(Bounds.Answer);
        await cluster.CountsAsync(Partition, crowd.Admitted);
    }

    [Fact]
    public async Task Where_it_admits_each_server_sells_the_limit_once_at_most_while_the_store_is_away()
    {
        const int limit = 300;
        await using var cluster = await TestCluster.StartAsync(4, Plans.Sliding("1h", limit));
        var key = await cluster.Installation.CreateKeyAsync();
        // Known everywhere before the store goes.
        foreach (var server in cluster.Servers)
        {
            using var client = (await server).Client(key);
            (await client.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        }
        await cluster.StopStoreAsync();

        await using var crowd = new Crowd(key, cluster.Clients(2));
        await crowd.UntilAsync(c => c.Refused >= 200, "200 refusals");
        await cluster.RestartStoreAsync();
        await cluster.ReadyAsync();
        await crowd.StopAsync();

        var admitted = crowd.Admitted + cluster.Servers.Count;
        admitted.ShouldBeInRange(limit, 4 * limit, $"{crowd}");
        await cluster.CountsAsync(Partition, admitted);
    }

    private static string PlansOf(string algorithm) =>
        algorithm == "sliding-window" ? Plans.Sliding("1h", Limit) : Plans.Fixed("1d", Limit);

    /// <summary>In how many windows the test ran.</summary>
    private static int Windows(string algorithm, DateTime day) => algorithm == "fixed-window" ? 1 + (Today - day).Days : 1;

    private static DateTime Today => TimeProvider.System.GetUtcNow().UtcDateTime.Date;
}

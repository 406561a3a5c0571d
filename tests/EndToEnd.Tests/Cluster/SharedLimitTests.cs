namespace FunctionsApi.EndToEnd.Tests.Cluster;

/// <summary>
/// Four servers sell one limit together, whatever becomes of them. No window ends within a test: a sliding one is an hour
/// long, and where the day changes meanwhile a fixed one is sold once more.
/// </summary>
[Collection(ClusterCollection.Name)]
public abstract class SharedLimitTests(SharedLimitTests.Four four)
{
    /// <summary>In the plan <c>pro</c>.</summary>
    protected const int Limit = 4000;

    private readonly DateTime _since = Today;

    private protected TestCluster Cluster { get; } = four.Cluster;

    /// <summary>What may be sold since the test began.</summary>
    protected int Sold => Limit * (four.IsDaily ? 1 + (Today - _since).Days : 1);

    [Fact]
    public async Task Four_servers_admit_together_what_the_plan_says()
    {
        var key = await Cluster.Installation.CreateKeyAsync(user: "all");
        await using var crowd = new Crowd(key, Cluster.Clients(2));

        await SellAsync(crowd);
        crowd.Unavailable.ShouldBe(0, $"{crowd}");
    }

    [Fact]
    public async Task Kills_under_load_admit_nothing_too_much_and_cost_no_more_than_was_leased()
    {
        const int kills = 3;
        var key = await Cluster.Installation.CreateKeyAsync(user: "killed");
        await using var crowd = new Crowd(key, Cluster.Clients(2));

        for (var kill = 0; kill < kills; kill++)
        {
            var aim = crowd.Admitted + 500;
            await crowd.UntilAsync(c => c.Admitted >= aim || c.Refused > 0, $"{aim} admissions");
            await Cluster.KillAndRestartAsync(kill);
        }
        await Task.WhenAll(Cluster.Servers);
        var refused = crowd.Refused;
        await crowd.UntilAsync(c => c.Refused >= refused + 200, "200 refusals by all of them");
        await crowd.StopAsync();

        // In hand is at most what one operation was granted, an eighth of what was left, and a quarter of the one before.
        var kept = Math.Pow(1 - 1.0 / 8 - 1.0 / 32, kills);
        crowd.Admitted.ShouldBeInRange((int)(kept * Limit) - crowd.Lost, Sold, $"{crowd}");
    }

    /// <summary>Until nothing is left: nearly the whole limit, and no more.</summary>
    private protected async Task SellAsync(Crowd crowd)
    {
        await crowd.UntilAsync(c => c.Refused >= 200 && c.Admitted >= 0.98 * Limit, "the limit, and 200 refusals");
        await crowd.StopAsync();
        crowd.Admitted.ShouldBeLessThanOrEqualTo(Sold, $"{crowd}");
        crowd.Slowest.ShouldBeLessThan(Bounds.Answer);
    }

    private static DateTime Today => TimeProvider.System.GetUtcNow().UtcDateTime.Date;

    /// <summary>The servers, for all tests of a class.</summary>
    public abstract class Four
    {
        internal TestCluster Cluster { get; private protected set; } = null!;

        /// <summary>The windows are days.</summary>
        public abstract bool IsDaily { get; }

        public sealed class Denying : Four, IAsyncLifetime
        {
            public override bool IsDaily => true;

            public async ValueTask InitializeAsync() => Cluster = await TestCluster.StartAsync(
                4, Plans.Fixed("1d", Limit), ("Quotas__WhenLedgerUnavailable", "deny"));

            public ValueTask DisposeAsync() => Cluster.DisposeAsync();
        }

        public sealed class Admitting : Four, IAsyncLifetime
        {
            /// <summary>In the plan <c>team</c>; in <c>enterprise</c> there is more than any test uses.</summary>
            public const int Small = 300;

            public override bool IsDaily => false;

            public async ValueTask InitializeAsync() => Cluster = await TestCluster.StartAsync(
                4, Plans.Graded("sliding-window", "1h", Limit, Small, 1_000_000), ("Quotas__WhenLedgerUnavailable", "admit"));

            public ValueTask DisposeAsync() => Cluster.DisposeAsync();
        }
    }
}

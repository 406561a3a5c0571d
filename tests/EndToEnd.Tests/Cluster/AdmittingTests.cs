namespace FunctionsApi.EndToEnd.Tests.Cluster;

/// <summary>Four servers that admit while the store is away: what that may cost, and that it is charged for.</summary>
[Collection(ClusterCollection.Name)]
public sealed class AdmittingTests(AdmittingTests.Four four) : IClassFixture<AdmittingTests.Four>
{
    private const int Small = 300;

    private readonly TestCluster _cluster = four.Cluster;

    [Fact]
    public async Task An_outage_of_the_store_is_charged_for_afterwards_to_the_permit()
    {
        var key = await _cluster.Installation.CreateKeyAsync("enterprise", user: "ample");
        await using var crowd = new Crowd(key, _cluster.Clients(1));
        await crowd.UntilAsync(c => c.Admitted >= 200, "200 admissions");

        await _cluster.StopStoreAsync();
        await _cluster.AwayAsync();
        var before = crowd.Admitted;
        await crowd.UntilAsync(c => c.Admitted >= before + 200, "200 admissions without the store");
        var beforeItWasKnown = crowd.Unavailable;
        await crowd.UntilAsync(c => c.Admitted >= before + 500, "500 admissions without the store");
        await _cluster.RestartStoreAsync();
        await _cluster.ReadyAsync();
        await crowd.StopAsync();

        (crowd.Refused, crowd.Unavailable, crowd.Lost).ShouldBe((0, beforeItWasKnown, 0), $"{crowd}");
        crowd.Slowest.ShouldBeLessThan(Bounds.Answer);
        await _cluster.CountsAsync("user:acme/ample", crowd.Admitted);
    }

    [Fact]
    public async Task In_an_outage_of_the_store_each_server_sells_the_limit_once_at_most()
    {
        var key = await _cluster.Installation.CreateKeyAsync("pro", user: "small");
        // Known everywhere before the store goes.
        foreach (var server in _cluster.Servers)
        {
            using var client = (await server).Client(key);
            (await client.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        }
        await _cluster.StopStoreAsync();

        await using var crowd = new Crowd(key, _cluster.Clients(2));
        await crowd.UntilAsync(c => c.Refused >= 200, "200 refusals");
        await _cluster.RestartStoreAsync();
        await _cluster.ReadyAsync();
        await crowd.StopAsync();

        var admitted = crowd.Admitted + _cluster.Servers.Count;
        admitted.ShouldBeInRange(Small, 4 * Small, $"{crowd}");
        await _cluster.CountsAsync("user:acme/small", admitted);
    }

    /// <summary>The servers, for all tests of the class.</summary>
    public sealed class Four : IAsyncLifetime
    {
        internal TestCluster Cluster { get; private set; } = null!;

        // More than any test uses in the plan enterprise.
        public async ValueTask InitializeAsync() =>
            Cluster = await TestCluster.StartAsync(4, Plans.Sliding("1h", Small, 1_000_000), ("Quotas__WhenLedgerUnavailable", "admit"));

        public ValueTask DisposeAsync() => Cluster?.DisposeAsync() ?? default;
    }
}

namespace FunctionsApi.EndToEnd.Tests.Cluster;

/// <summary>A sliding window, and servers that admit while the store is away.</summary>
public sealed class HourlyLimitTests(SharedLimitTests.Four.Admitting four)
    : SharedLimitTests(four), IClassFixture<SharedLimitTests.Four.Admitting>
{
    [Fact]
    public async Task An_outage_of_the_store_is_charged_for_afterwards_to_the_permit()
    {
        var key = await Cluster.Installation.CreateKeyAsync("enterprise", user: "ample");
        await using var crowd = new Crowd(key, Cluster.Clients(1));
        await crowd.UntilAsync(c => c.Admitted >= 200, "200 admissions");

        await Cluster.StopStoreAsync();
        await Cluster.ReadyAsync(false);
        var before = crowd.Admitted;
        await crowd.UntilAsync(c => c.Admitted >= before + 500, "500 admissions without the store");
        await Cluster.RestartStoreAsync();
        await Cluster.ReadyAsync();
        await crowd.StopAsync();

        (crowd.Refused, crowd.Unavailable, crowd.Lost).ShouldBe((0, 0, 0), $"{crowd}");
        crowd.Slowest.ShouldBeLessThan(Bounds.Answer);
        await Cluster.CountsAsync("user:acme/ample", crowd.Admitted);
    }

    [Fact]
    public async Task In_an_outage_of_the_store_each_server_sells_the_limit_once_at_most()
    {
        var key = await Cluster.Installation.CreateKeyAsync("team", user: "small");
        // Known everywhere before the store goes.
        foreach (var server in Cluster.Servers)
        {
            using var client = (await server).Client(key);
            (await client.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        }
        await Cluster.StopStoreAsync();

        await using var crowd = new Crowd(key, Cluster.Clients(2));
        await crowd.UntilAsync(c => c.Refused >= 200, "200 refusals");
        await Cluster.RestartStoreAsync();
        await Cluster.ReadyAsync();
        await crowd.StopAsync();

        var admitted = crowd.Admitted + Cluster.Servers.Count;
        admitted.ShouldBeInRange(Four.Admitting.Small, 4 * Four.Admitting.Small, $"{crowd}");
        await Cluster.CountsAsync("user:acme/small", admitted);
    }
}

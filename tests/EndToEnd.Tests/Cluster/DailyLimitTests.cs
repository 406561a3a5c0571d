namespace FunctionsApi.EndToEnd.Tests.Cluster;

/// <summary>A fixed window, and servers that deny while the store is away.</summary>
public sealed class DailyLimitTests(SharedLimitTests.Four.Denying four)
    : SharedLimitTests(four), IClassFixture<SharedLimitTests.Four.Denying>
{
    [Fact]
    public async Task An_outage_of_the_store_admits_nothing_too_much_and_loses_nothing()
    {
        var key = await Cluster.Installation.CreateKeyAsync(user: "patient");
        await using var crowd = new Crowd(key, Cluster.Clients(2));
        await crowd.UntilAsync(c => c.Admitted >= 200, "200 admissions");

        await Cluster.StopStoreAsync();
        await Cluster.ReadyAsync(false);
        await crowd.UntilAsync(c => c.Unavailable >= 100, "100 answers of 503");
        await Cluster.RestartStoreAsync();
        await Cluster.ReadyAsync();
        await SellAsync(crowd);
    }
}

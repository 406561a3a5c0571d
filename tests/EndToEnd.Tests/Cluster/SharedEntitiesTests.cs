namespace FunctionsApi.EndToEnd.Tests.Cluster;

/// <summary>
/// Two Functions hosts sell one limit together whose counters are in a durable entity, whatever becomes of them. A limit of a day is
/// sold once more where the day changes meanwhile.
/// </summary>
[Collection(ClusterCollection.Name)]
public sealed class SharedEntitiesTests : IAsyncLifetime
{
    private const int Limit = 1500;

    /// <summary>A hub partition moves within some 40 s of its host's end; the rest is for a busy machine.</summary>
    private static readonly TimeSpan UntilMoved = TimeSpan.FromSeconds(120);

    private EntityCluster _cluster = null!;
    private DateTime _since;

    private static DateTime Today => TimeProvider.System.GetUtcNow().UtcDateTime.Date;

    public async ValueTask InitializeAsync()
    {
        _cluster = await EntityCluster.StartAsync(2, Plans.DailyAndHourly(Limit));
        _since = Today;
    }

    public ValueTask DisposeAsync() => _cluster?.DisposeAsync() ?? default;

    [Fact]
    public async Task Two_hosts_admit_together_what_the_plan_says_and_operators_see_it()
    {
        var key = await _cluster.Installation.CreateKeyAsync(Plans.Hourly);
        await using var crowd = new Crowd(_cluster.Clients(key, 3));
        await SellAsync(crowd);

        var entity = await _cluster.Installation.AskAsync(("Quotas__Ledger", "entities"), "quotas", "show", "user:acme/alice");
        entity.GetProperty("counters").EnumerateArray().Single(counter => counter.GetProperty("policy").GetString() == "hourly")
            .GetProperty("used").GetInt32().ShouldBe(Limit);
    }

    [Fact]
    public async Task A_host_that_is_killed_with_its_entities_costs_no_more_than_it_had_leased()
    {
        var key = await _cluster.Installation.CreateKeyAsync(Plans.Daily);
        await using var crowd = new Crowd(_cluster.Clients(key, 3));
        await crowd.UntilAsync(c => c.Admitted >= 300, "300 admissions", UntilMoved);
        await _cluster.KillAndReplaceAsync(0);
        await _cluster.ReadyAsync();
        var refused = crowd.Refused;
        await crowd.UntilAsync(c => c.Refused >= refused + 100, "100 refusals", UntilMoved);
        await crowd.StopAsync();

        // In hand is at most what one operation was granted, an eighth of what was left, and a quarter of the one before.
        crowd.Admitted.ShouldBeInRange((int)((1 - 1.0 / 8 - 1.0 / 32) * Limit) - crowd.Lost, Sold, $"{crowd}");
    }

    [Fact]
    public async Task An_outage_of_the_storage_admits_nothing_too_much_and_loses_nothing()
    {
        var key = await _cluster.Installation.CreateKeyAsync(Plans.Hourly);
        await using var crowd = new Crowd(_cluster.Clients(key, 3));
        await crowd.UntilAsync(c => c.Admitted >= 200, "200 admissions", UntilMoved);

        await _cluster.Azurite.StopAsync();
        var unavailable = crowd.Unavailable;
        await crowd.UntilAsync(c => c.Unavailable >= unavailable + 20, "20 answers of 503", UntilMoved);
        await _cluster.Azurite.RestartAsync();
        await SellAsync(crowd);
    }

    /// <summary>Until nothing is left: nearly the whole limit, and no more.</summary>
    private async Task SellAsync(Crowd crowd)
    {
        await crowd.UntilAsync(c => c.Refused >= 100 && c.Admitted >= 0.98 * Limit, "the limit, and 100 refusals", UntilMoved);
        await crowd.StopAsync();
        crowd.Admitted.ShouldBeLessThanOrEqualTo(Sold, $"{crowd}");
    }

    /// <summary>What may be sold since the test began.</summary>
    private int Sold => Limit * (1 + (Today - _since).Days);
}

namespace FunctionsApi.EndToEnd.Tests.Cluster;

/// <summary>
/// Four servers let so many requests in at once together. The model behind them counts. They deny where the ledger is late,
/// so that no slow machine makes a difference.
/// </summary>
[Collection(ClusterCollection.Name)]
public sealed class SharedConcurrencyTests(SharedConcurrencyTests.Four four) : IClassFixture<SharedConcurrencyTests.Four>
{
    private const int Limit = 6;

    private readonly SlowModel _model = four.Model;
    private readonly TestCluster _cluster = four.Cluster;

    [Fact]
    public async Task No_more_requests_are_in_flight_than_the_plan_says_and_no_fewer_for_long()
    {
        var key = await _cluster.Installation.CreateKeyAsync(user: "all");
        _model.StartCounting();
        await using var crowd = new Crowd(key, _cluster.Clients(3), client => client.InferAsync("slow"));
        await crowd.UntilAsync(c => c.Admitted >= 100 && c.Refused >= 100, "100 admissions and as many refusals");
        await Patience.UntilAsync(() => Task.FromResult(_model.InFlight == Limit), "the limit to be used whole");
        await crowd.StopAsync();

        _model.MostInFlight.ShouldBe(Limit, $"{crowd}");
    }

    [Fact]
    public async Task What_a_killed_server_held_comes_back_after_its_lease_and_not_before()
    {
        var key = await _cluster.Installation.CreateKeyAsync(user: "killed");
        _model.StartCounting();
        _model.Holds = true;
        using var first = (await _cluster.Servers[0]).Client(key);
        var held = Enumerable.Range(0, Limit).Select(_ => first.InferAsync("slow")).ToList();
        await Patience.UntilAsync(() => Task.FromResult(_model.InFlight == Limit), "the first server to hold all permits");
        using (var second = (await _cluster.Servers[1]).Client(key))
        using (var refused = await second.InferAsync("slow"))
            refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);

        await _cluster.KillAndRestartAsync(0);
        await Should.ThrowAsync<HttpRequestException>(Task.WhenAll(held));
        await Patience.UntilAsync(() => Task.FromResult(_model.InFlight == 0), "the model to notice");

        await using var crowd = new Crowd(
            key, _cluster.Clients(Limit).Skip(Limit), client => client.InferAsync("slow"));
        await Patience.UntilAsync(() => Task.FromResult(_model.InFlight == Limit), "the others to hold all permits");
        _model.Holds = false;
        await crowd.StopAsync();
        _model.MostInFlight.ShouldBe(Limit, $"{crowd}");
    }

    public sealed class Four : IAsyncLifetime
    {
        internal SlowModel Model { get; private set; } = null!;

        internal TestCluster Cluster { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Model = await SlowModel.StartAsync();
            Cluster = await TestCluster.StartAsync(4, Plans.Concurrency(Limit), ("Quotas__WhenLedgerUnavailable", "deny"));
            await Cluster.Installation.DeployAsync("slow", Model.Address, "--timeout", "60s");
        }

        public async ValueTask DisposeAsync()
        {
            if (Cluster is not null)
                await Cluster.DisposeAsync();
            await Model.DisposeAsync();
        }
    }
}

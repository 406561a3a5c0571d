namespace FunctionsApi.EndToEnd.Tests.Cluster;

/// <summary>
/// Two servers whose store misbehaves for a while, one that admits meanwhile and one that denies: they answer in time, they
/// say so, and afterwards each permit is counted once.
/// </summary>
[Collection(ClusterCollection.Name)]
public sealed class StoreFaultTests(StoreFaultTests.Pair pair) : IClassFixture<StoreFaultTests.Pair>
{
    private const int Ample = 1_000_000;

    [Theory]
    [InlineData(Fault.Cut)]
    [InlineData(Fault.Swallow)]
    [InlineData(Fault.Throttle)]
    [InlineData(Fault.Garble)]
    public async Task A_store_that_does_not_answer_is_an_outage_and_its_end(Fault fault)
    {
        var (admitting, denying) = await pair.CreateKeysAsync($"{fault}");
        await using var admitted = new Crowd(admitting, Crowd.Of([pair.Admitting], 1));
        await using var denied = new Crowd(denying, Crowd.Of([pair.Denying], 1));
        await AdmittedAsync(100, admitted, denied);

        pair.Proxy.Do(fault);
        await pair.Cluster.AwayAsync();
        await AdmittedAsync(100, admitted);
        // Until there is evidence enough for an outage, requests that wait are answered 503: nobody is admitted by guess.
        var beforeItWasKnown = admitted.Unavailable;
        await AdmittedAsync(200, admitted);
        await denied.UntilAsync(c => c.Unavailable >= 10, "10 answers of 503");

        pair.Proxy.Do(Fault.None);
        await pair.Cluster.ReadyAsync();
        await AdmittedAsync(100, admitted, denied);
        await EndAsync($"{fault}", admitted, denied);
        admitted.Unavailable.ShouldBe(beforeItWasKnown, $"{admitted}");
    }

    [Theory]
    [InlineData(Fault.Delay)]
    [InlineData(Fault.LoseAnswers)]
    public async Task A_store_that_answers_late_or_now_and_then_is_made_do_with(Fault fault)
    {
        var (admitting, denying) = await pair.CreateKeysAsync($"{fault}");
        await using var admitted = new Crowd(admitting, Crowd.Of([pair.Admitting], 1));
        await using var denied = new Crowd(denying, Crowd.Of([pair.Denying], 1));
        await AdmittedAsync(100, admitted, denied);

        pair.Proxy.Do(fault);
        var before = pair.Proxy.Requests;
        await Patience.UntilAsync(() => Task.FromResult(pair.Proxy.Requests >= before + 20), "20 requests to the store");
        await AdmittedAsync(300, admitted, denied);

        pair.Proxy.Do(Fault.None);
        await pair.Cluster.ReadyAsync();
        await AdmittedAsync(100, admitted, denied);
        await EndAsync($"{fault}", admitted, denied);
    }

    /// <summary>So many more by each.</summary>
    private static Task AdmittedAsync(int more, params Crowd[] crowds) => Task.WhenAll(crowds.Select(crowd =>
    {
        var aim = crowd.Admitted + more;
        return crowd.UntilAsync(c => c.Admitted >= aim, $"{aim} admissions");
    }));

    private async Task EndAsync(string user, Crowd admitted, Crowd denied)
    {
        await admitted.StopAsync();
        await denied.StopAsync();
        foreach (var crowd in (Crowd[])[admitted, denied])
        {
            (crowd.Refused, crowd.Lost).ShouldBe((0, 0), $"{crowd}");
            crowd.Slowest.ShouldBeLessThan(Bounds.Answer);
        }
        await pair.Cluster.CountsAsync($"user:acme/{user}-admit", admitted.Admitted);
        await pair.Cluster.CountsAsync($"user:acme/{user}-deny", denied.Admitted);
    }

    public sealed class Pair : IAsyncLifetime
    {
        internal TestCluster Cluster { get; private set; } = null!;

        internal FaultyProxy Proxy => Cluster.Proxy;

        internal RunningServer Admitting { get; private set; } = null!;

        internal RunningServer Denying { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Cluster = await TestCluster.StartAsync(0, Plans.Sliding("1h", Ample));
            Admitting = await Cluster.AddAsync(("Quotas__WhenLedgerUnavailable", "admit"));
            Denying = await Cluster.AddAsync(("Quotas__WhenLedgerUnavailable", "deny"));
        }

        public ValueTask DisposeAsync() => Cluster?.DisposeAsync() ?? default;

        /// <returns>One for the server that admits and one for the one that denies.</returns>
        internal async Task<(ApiKey Admitting, ApiKey Denying)> CreateKeysAsync(string user)
        {
            var keys = await Task.WhenAll(
                Cluster.Installation.CreateKeyAsync(user: $"{user}-admit"), Cluster.Installation.CreateKeyAsync(user: $"{user}-deny"));
            return (keys[0], keys[1]);
        }
    }
}

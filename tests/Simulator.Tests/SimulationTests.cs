using FunctionsApi.Simulator.Tests.Invariants;
using Xunit;

namespace FunctionsApi.Simulator.Tests;

/// <summary>Drawn scenarios with the ledger on rows of a store.</summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private static readonly DrawnRuns Runs = new(ScenarioDraw.From, Invariant.All);

    [Fact]
    public void Every_promise_is_kept_in_every_scenario() => Runs.KeepEveryPromise(seeds: 200, output);

    [Fact]
    public void A_seed_gives_the_same_run_event_for_event() => Runs.GiveTheSameTwice(seeds: 20);
}

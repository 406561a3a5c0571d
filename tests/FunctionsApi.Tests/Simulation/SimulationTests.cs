using System.Globalization;
using FunctionsApi.Tests.Simulation.Invariants;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Simulation;

/// <summary>
/// Thousands of drawn scenarios, each with instances of the shipping limiter and ledger on a store that fails as stores do.
/// SIMULATION_SEEDS sets how many; SIMULATION_SEED runs one and prints all that happens in it.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int Shares = 4;

    private static readonly int Seeds = Setting("SIMULATION_SEEDS") ?? 2_000;

    public static TheoryData<int> AllShares => [.. Enumerable.Range(0, Shares)];

    [Theory, MemberData(nameof(AllShares))]
    public void Every_promise_is_kept_in_every_scenario(int share)
    {
        if (Setting("SIMULATION_SEED") is { } one)
        {
            if (share == 0)
                Replay(one);
            return;
        }

        var broken = new List<string>();
        for (var seed = share; seed < Seeds && broken.Count < 50; seed += Shares)
            broken.AddRange(Broken(Run.Of(ScenarioDraw.From(seed))));
        if (broken.Count > 0)
            Assert.Fail(string.Join('\n', broken));
    }

    [Fact]
    public void A_seed_gives_the_same_run_event_for_event()
    {
        for (var seed = 0; seed < 40; seed++)
            Run.Of(ScenarioDraw.From(seed)).History.Hash.ShouldBe(Run.Of(ScenarioDraw.From(seed)).History.Hash, $"seed {seed}");
    }

    private void Replay(int seed)
    {
        var run = Run.Of(ScenarioDraw.From(seed));
        output.WriteLine(run.Scenario.ToString());
        foreach (var happened in run.History.Events)
            output.WriteLine($"{happened.At.ToDateTimeOffset():HH:mm:ss.fff} {happened}");
        Broken(run).ShouldBeEmpty();
    }

    private static List<string> Broken(Run run) =>
    [
        .. Invariant.All.SelectMany(invariant => invariant.Broken(run).Take(1)
            .Select(how => $"{invariant.GetType().Name}: {how}; SIMULATION_SEED={run.Scenario.Seed} ./test.sh --fast")),
    ];

    private static int? Setting(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : null;
}

using System.Collections.Concurrent;
using System.Globalization;
using FunctionsApi.Simulator.Tests.Invariants;
using Shouldly;
using Xunit;

namespace FunctionsApi.Simulator.Tests;

/// <summary>
/// Thousands of drawn scenarios, each with instances of the shipping limiter and ledger on a store that fails as stores do.
/// SIMULATION_SEEDS sets how many, SIMULATION_FIRST where to start; SIMULATION_SEED runs one and prints all that happens in it.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int MostToTell = 30;

    private static readonly int Seeds = Setting("SIMULATION_SEEDS") ?? 200;
    private static readonly int First = Setting("SIMULATION_FIRST") ?? 0;

    [Fact]
    public void Every_promise_is_kept_in_every_scenario()
    {
        if (Setting("SIMULATION_SEED") is { } one)
        {
            Replay(one);
            return;
        }

        var broken = new ConcurrentBag<string>();
        Parallel.For(First, First + Seeds, (seed, all) =>
        {
            foreach (var how in BrokenBy(seed))
                broken.Add(how);
            if (broken.Count >= MostToTell)
                all.Stop();
        });
        if (!broken.IsEmpty)
            Assert.Fail(string.Join('\n', broken.Order()));
    }

    [Fact]
    public void A_seed_gives_the_same_run_event_for_event() => Parallel.For(0, 20, seed =>
        Run.Of(ScenarioDraw.From(seed)).History.Hash.ShouldBe(Run.Of(ScenarioDraw.From(seed)).History.Hash, $"seed {seed}"));

    private void Replay(int seed)
    {
        var run = Run.Of(ScenarioDraw.From(seed));
        output.WriteLine(run.Scenario.ToString());
        foreach (var happened in run.History.Events)
            output.WriteLine($"{happened.At.ToDateTimeOffset():HH:mm:ss.fff} {happened}");
        Broken(run).ShouldBeEmpty();
    }

    private static IEnumerable<string> BrokenBy(int seed)
    {
        List<string> broken;
        try
        {
            broken = Broken(Run.Of(ScenarioDraw.From(seed)));
        }
        // Without the seed it could not be found again.
        catch (Exception e)
        {
            broken = [$"It failed: {e}"];
        }
        return broken.Select(how =>
            $"{how}; SIMULATION_SEED={seed} dotnet run --project tests/Simulator.Tests -- -class '*SimulationTests' -showliveoutput");
    }

    private static List<string> Broken(Run run) =>
        [.. Invariant.All.SelectMany(invariant => invariant.Broken(run).Take(1).Select(how => $"{invariant.GetType().Name}: {how}"))];

    private static int? Setting(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : null;
}

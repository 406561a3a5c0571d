using System.Collections.Concurrent;
using System.Globalization;
using FunctionsApi.Simulator.Tests.Invariants;
using Xunit;

namespace FunctionsApi.Simulator.Tests;

/// <summary>
/// Runs of scenarios that are drawn from seeds, each with instances of the shipping limiter and ledger on a store that fails as stores do.
/// SIMULATION_SEEDS sets how many, SIMULATION_FIRST where to start; SIMULATION_SEED runs one and prints all that happens in it.
/// </summary>
/// <param name="draw">Draws a scenario.</param>
/// <param name="promises">What must hold in each.</param>
internal sealed class DrawnRuns(Func<int, Scenario> draw, IReadOnlyList<Invariant> promises)
{
    private const int MostToTell = 30;

    /// <summary>Fails with the seeds that break a promise, and how.</summary>
    public void KeepEveryPromise(int seeds, ITestOutputHelper output)
    {
        if (Setting("SIMULATION_SEED") is { } one)
        {
            Replay(one, output);
            return;
        }

        var first = Setting("SIMULATION_FIRST") ?? 0;
        var broken = new ConcurrentBag<string>();
        Parallel.For(first, first + (Setting("SIMULATION_SEEDS") ?? seeds), (seed, all) =>
        {
            foreach (var how in BrokenBy(seed))
                broken.Add(how);
            if (broken.Count >= MostToTell)
                all.Stop();
        });
        if (!broken.IsEmpty)
            Assert.Fail(string.Join('\n', broken.Order()));
    }

    /// <summary>Fails where a seed gives two runs that differ in any event.</summary>
    public void GiveTheSameTwice(int seeds) =>
        Parallel.For(0, seeds, seed => Assert.True(Run.Of(draw(seed)).History.Hash == Run.Of(draw(seed)).History.Hash, $"seed {seed}"));

    private void Replay(int seed, ITestOutputHelper output)
    {
        var run = Run.Of(draw(seed));
        output.WriteLine(run.Scenario.ToString());
        foreach (var happened in run.History.Events)
            output.WriteLine($"{happened.At.ToDateTimeOffset():HH:mm:ss.fff} {happened}");
        Assert.Empty(Broken(run));
    }

    private IEnumerable<string> BrokenBy(int seed)
    {
        List<string> broken;
        try
        {
            broken = Broken(Run.Of(draw(seed)));
        }
        // Without the seed it could not be found again.
        catch (Exception e)
        {
            broken = [$"It failed: {e}"];
        }
        return broken.Select(how =>
            $"{how}; SIMULATION_SEED={seed} dotnet run --project tests/Simulator.Tests -- -method '{TestContext.Current.TestMethod?.TestClass.TestClassName}.{TestContext.Current.TestMethod?.MethodName}' -showliveoutput");
    }

    private List<string> Broken(Run run) =>
        [.. promises.SelectMany(promise => promise.Broken(run).Take(1).Select(how => $"{promise.GetType().Name}: {how}"))];

    private static int? Setting(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : null;
}

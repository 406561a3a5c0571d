using FunctionsApi.Simulator.Tests.Invariants;
using Xunit;

namespace FunctionsApi.Simulator.Tests;

/// <summary>
/// Drawn scenarios with the ledger on durable entities: signals are lost, late, repeated and in any order, batches are not committed,
/// and a partition of the hub moves for 40 s.
/// </summary>
public sealed class EntitySimulationTests(ITestOutputHelper output)
{
    private static readonly DrawnRuns Runs = new(ScenarioDraw.OnEntities, Invariant.OfAnyLedger);

    private static readonly DrawnRuns WhileAPartitionMoves =
        new(ScenarioDraw.OnMovingEntities, [.. Invariant.OfAnyLedger, new ALedgerThatAnswersIsNotTakenForAway()]);

    [Fact]
    public void Every_promise_is_kept_in_every_scenario() => Runs.KeepEveryPromise(seeds: 200, output);

    [Fact]
    public void A_partition_of_the_hub_that_moves_is_no_outage() => WhileAPartitionMoves.KeepEveryPromise(seeds: 100, output);

    [Fact]
    public void A_seed_gives_the_same_run_event_for_event() => Runs.GiveTheSameTwice(seeds: 10);
}

using FunctionsApi.Quotas.Limiting;

namespace FunctionsApi.Tests.Simulation.Invariants;

/// <summary>
/// Where the store answers every request, no instance takes the ledger for away. It can as long as all instances, one after
/// the other, could write one entity within the 2 s that an operation may take: 20 instances 25 ms away, but not 20 that are
/// 250 ms away and all ask for one key.
/// </summary>
internal sealed class AStoreThatIsWellIsNotTakenForAway : Invariant
{
    private static readonly TimeSpan LongestTurns = TimeSpan.FromSeconds(0.5);

    public override IEnumerable<string> Broken(Run run)
    {
        var slowest = run.Scenario.Faults.Latency * Math.Exp(2.5 * run.Scenario.Faults.Jitter);
        if (!run.Scenario.IsStoreWell || slowest * run.Scenario.Instances > LongestTurns)
            return [];
        return run.History.Events.OfType<OutageChanged>().Select(happened => $"{happened.At}: {happened}")
            .Concat(run.History.Requests.Where(request => request.Decision is { Outcome: Outcome.Unavailable })
                .Select(request => $"{request} was answered that the ledger is unavailable"));
    }
}

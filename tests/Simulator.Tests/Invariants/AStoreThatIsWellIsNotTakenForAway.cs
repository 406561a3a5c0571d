using FunctionsApi.Quotas.Limiting;

namespace FunctionsApi.Simulator.Tests.Invariants;

/// <summary>Where the store answers every request, and is not so far away that writers starve each other, no instance takes the ledger for away.</summary>
internal sealed class AStoreThatIsWellIsNotTakenForAway : Invariant
{
    public override IEnumerable<string> Broken(Run run) => run.Scenario.StoreKeepsUp && run.Scenario.ClockSteps.IsEmpty
        ? run.History.Events.OfType<OutageChanged>().Select(happened => $"{happened.At}: {happened}")
            .Concat(run.History.Requests.Where(request => request.Decision is { Outcome: Outcome.Unavailable } && !Stopped(run).Contains(request.Instance))
                .Select(request => $"{request} was answered that the ledger is unavailable"))
        : [];

    private static HashSet<int> Stopped(Run run) => [.. run.History.Events.OfType<Ended>().Select(ended => ended.Instance)];
}

using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Simulator.Tests.Invariants;

/// <summary>
/// An instance that decides alone, because the ledger is away and it is told to admit, still enforces the whole limit: what
/// it admits by itself is within it, so that all together admit no more than so many limits as there are instances.
/// </summary>
internal sealed class OverdraftsAreBounded : Invariant
{
    public override IEnumerable<string> Broken(Run run)
    {
        if (!run.History.HadOverdrafts || run.Scenario.Options.WhenLedgerUnavailable != WhenLedgerUnavailable.Admit)
            yield break;
        foreach (var (place, policy) in Policies(run, Algorithm.FixedWindow))
            foreach (var (partition, all) in Given(run, place))
                foreach (var window in all.GroupBy(request => (request.Instance, request.Decision!.Value[request.ItemOf(place)].Reset)))
                    if (window.Sum(request => request.PermitsOf(place)) is var sold && sold > policy.Ceiling)
                        yield return $"{partition}, {policy.Name}, the window until {window.Key.Reset}: {sold} permits by instance {window.Key.Instance} alone";
        foreach (var (place, policy) in Policies(run, Algorithm.SlidingWindow))
            foreach (var (partition, all) in Given(run, place))
                foreach (var own in all.GroupBy(request => request.Instance))
                    if (MostWithin([.. own], place, policy.Window - run.Scenario.ClockSpread) is var most && most > policy.Limit)
                        yield return $"{partition}, {policy.Name}: {most} permits within {policy.Window.TotalSeconds} s by instance {own.Key} alone";
    }
}

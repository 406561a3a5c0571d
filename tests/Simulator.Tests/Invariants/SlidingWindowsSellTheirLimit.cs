using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Simulator.Tests.Invariants;

/// <summary>
/// No stretch of true time as long as the window sees more than the limit, however far apart instances' clocks are.
/// </summary>
internal sealed class SlidingWindowsSellTheirLimit : Invariant
{
    public override IEnumerable<string> Broken(Run run)
    {
        if (run.History.HadOverdrafts && run.Scenario.Options.WhenLedgerUnavailable == WhenLedgerUnavailable.Admit)
            yield break;
        foreach (var (place, policy) in Policies(run, Algorithm.SlidingWindow))
            foreach (var (partition, given) in Given(run, place))
            {
                if (MostWithin(given, place, policy.Window) is var most && most > policy.Limit)
                    yield return $"{partition}, {policy.Name}: {most} permits within {policy.Window.TotalSeconds} s, limit {policy.Limit}";
            }
    }
}

using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Simulator.Tests.Invariants;

/// <summary>
/// No stretch of true time as long as the window sees more than the limit: exactly so where clocks agree. Where two of them
/// differ by 4 s, a permit that was stamped by the slower may be taken for 4 s older than it is by the faster: then it holds
/// for stretches that are 4 s shorter.
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
                var length = policy.Window - run.Scenario.ClockSpread;
                if (MostWithin(given, place, length) is var most && most > policy.Limit)
                    yield return $"{partition}, {policy.Name}: {most} permits within {length.TotalSeconds} s, limit {policy.Limit}";
            }
    }
}

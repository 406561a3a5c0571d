using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Simulator.Tests.Invariants;

/// <summary>
/// Each window sells its limit once, whatever clocks say: permits are counted by the window that the response names.
/// Beyond the limit, up to the ceiling, only within a burst's length. What is named a window happens in it by the true time,
/// give or take how wrong clocks are. While instances decide alone, <see cref="OverdraftsAreBounded"/> holds instead.
/// </summary>
internal sealed class FixedWindowsSellTheirLimit : Invariant
{
    public override IEnumerable<string> Broken(Run run)
    {
        if (run.History.HadOverdrafts && run.Scenario.Options.WhenLedgerUnavailable == WhenLedgerUnavailable.Admit)
            yield break;
        foreach (var (place, policy) in Policies(run, Algorithm.FixedWindow))
            foreach (var (partition, given) in Given(run, place))
                foreach (var window in given.GroupBy(request => request.Decision!.Value[request.ItemOf(place)].Reset))
                {
                    var sold = window.Sum(request => request.PermitsOf(place));
                    var name = $"{partition}, {policy.Name}, the window until {window.Key}";
                    if (sold > policy.Ceiling)
                        yield return $"{name}: {sold} permits, where no more than {policy.Ceiling} are ever sold";
                    if (policy.Burst is { } burst)
                    {
                        var inBurst = MostWithin([.. window], place, burst.Length + run.Scenario.ClockSpread + TimeSpan.FromTicks(1));
                        if (sold - inBurst > policy.Limit)
                            yield return $"{name}: {sold} permits, no more than {inBurst} of them within any {burst.Length.TotalSeconds} s";
                    }
                    foreach (var request in window)
                        if (request.DecidedAt + Scenario.FastestClock < window.Key - policy.Window
                            || request.DecidedAt + run.Scenario.SlowestClock >= window.Key)
                            yield return $"{name}: {request} was admitted outside of it, at {request.DecidedAt}";
                }
    }
}

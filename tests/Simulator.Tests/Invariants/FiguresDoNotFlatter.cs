using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Simulator.Tests.Invariants;

/// <summary>
/// What a response says is left is never more than the limit less what its own instance has admitted; what other instances
/// do is heard of later. A reset is never further away than a window, and retry-after is there when a request is refused.
/// </summary>
internal sealed class FiguresDoNotFlatter : Invariant
{
    public override IEnumerable<string> Broken(Run run)
    {
        foreach (var (place, policy) in run.Scenario.Policies.Policies.Index())
            foreach (var own in run.History.Requests.Where(request => request.Decision is not null && request.ItemOf(place) >= 0)
                .OrderBy(request => request.DecidedAt).ThenBy(request => request.Decision!.Value.At)
                .GroupBy(request => (request.Partition, request.Instance)))
                foreach (var broken in Figures(run, [.. own], place, policy))
                    yield return broken;
        foreach (var request in run.History.Requests)
            if (request.Decision is { } decision && !IsRetryAfterRight(decision))
                yield return $"{request} is {decision.Outcome} with a retry-after of {decision.RetryAfterSeconds} s";
    }

    private static IEnumerable<string> Figures(Run run, List<Request> decided, int place, Policy policy)
    {
        var (spent, first) = (0, 0);
        for (var i = 0; i < decided.Count; i++)
        {
            var decision = decided[i].Decision!.Value;
            var figures = decision[decided[i].ItemOf(place)];
            spent += policy.Algorithm == Algorithm.Concurrency ? 0 : decided[i].PermitsOf(place);
            for (; first < i && HasLeft(decided[first], figures, decision.At); first++)
                spent -= decided[first].PermitsOf(place);
            if (figures.Remaining > policy.Ceiling || (figures.Remaining > Math.Max(0, policy.Ceiling - spent) && !IsBrief(policy)))
                yield return $"{decided[i]}, {policy.Name}: {figures.Remaining} remaining of {policy.Ceiling} at {decision.At}, {spent} spent here";
            // A fixed window is named by the ledger's time, which may be ahead of this instance's.
            var latest = decision.At + policy.Window + (policy.Algorithm == Algorithm.FixedWindow ? run.Scenario.ClockSpread : TimeSpan.Zero);
            if (figures.Reset < decision.At || figures.ResetUnixSeconds > latest.UnixSecondsCeiling)
                yield return $"{decided[i]}, {policy.Name}: reset {figures.Reset} at {decision.At}";
        }

        bool HasLeft(Request earlier, PolicyFigures figures, Instant now) => policy.Algorithm switch
        {
            Algorithm.FixedWindow => earlier.Decision!.Value[earlier.ItemOf(place)].ResetUnixSeconds < figures.ResetUnixSeconds,
            Algorithm.SlidingWindow => earlier.Decision!.Value.At + policy.Window - run.Scenario.ClockSpread <= now,
            _ => false,
        };
    }

    // An operation may take 2 s and more: of a window as short as that its answer is out of date when it comes.
    private static bool IsBrief(Policy policy) => policy.Algorithm == Algorithm.SlidingWindow && policy.Window <= TimeSpan.FromSeconds(5);

    private static bool IsRetryAfterRight(Decision decision) => decision.Outcome switch
    {
        Outcome.Refused => decision.RetryAfterSeconds >= 1
            && decision.RetryAfterSeconds <= Math.Max(1, decision.Charge.PolicyOf(decision.Binding).Window.TotalSeconds)
            && !decision.Charge.PolicyOf(decision.Binding).Shadow,
        Outcome.Unavailable => decision.RetryAfterSeconds >= 1,
        _ => decision.RetryAfterSeconds == 0,
    };
}

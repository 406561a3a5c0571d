using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Tests.Simulation.Invariants;

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
                foreach (var broken in Figures([.. own], place, policy))
                    yield return broken;
        foreach (var request in run.History.Requests)
            if (request.Decision is { } decision && !IsRetryAfterRight(decision))
                yield return $"{request} is {decision.Outcome} with a retry-after of {decision.RetryAfterSeconds} s";
    }

    private static IEnumerable<string> Figures(List<Request> decided, int place, Policy policy)
    {
        foreach (var (i, request) in decided.Index())
        {
            var decision = request.Decision!.Value;
            var figures = decision[request.ItemOf(place)];
            var own = policy.Algorithm == Algorithm.Concurrency ? 0 : decided.Take(i)
                .Where(earlier => policy.Algorithm == Algorithm.FixedWindow
                    ? earlier.Decision!.Value[earlier.ItemOf(place)].ResetUnixSeconds == figures.ResetUnixSeconds
                    : earlier.Decision!.Value.At + policy.Window > decision.At)
                .Sum(earlier => earlier.PermitsOf(place)) + request.PermitsOf(place);
            if (figures.Remaining > Math.Max(0, policy.Limit - own))
                yield return $"{request}, {policy.Name}: {figures.Remaining} remaining of {policy.Limit} at {decision.At}, {own} spent here";
            if (figures.Reset < decision.At || figures.ResetUnixSeconds > decision.At.UnixSeconds + policy.Window.TotalSeconds + 1)
                yield return $"{request}, {policy.Name}: reset {figures.Reset} at {decision.At}";
        }
    }

    private static bool IsRetryAfterRight(Decision decision) => decision.Outcome switch
    {
        Outcome.Refused => decision.RetryAfterSeconds >= 1
            && decision.RetryAfterSeconds <= Math.Max(1, decision.Charge.PolicyOf(decision.Binding).Window.TotalSeconds)
            && !decision.Charge.PolicyOf(decision.Binding).Shadow,
        Outcome.Unavailable => decision.RetryAfterSeconds >= 1,
        _ => decision.RetryAfterSeconds == 0,
    };
}

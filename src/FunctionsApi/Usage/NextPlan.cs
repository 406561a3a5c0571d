// What the next plan would have changed is an estimate. A refusal counts for it where the policy that refused would have had permits
// left: those that its limit has more, in each window of each key.
//
//   100 an hour refused 40, the next plan sells 1,000 an hour: all 40 would have been admitted
//   100 an hour refused 5,000, likewise: 900
//
// Usage is counted by the hour. A shorter window is taken for as many as an hour has, as if its refusals were spread evenly; a limit in
// flight is taken to admit all, since nobody knows how many were in flight at once. It is not taken off that another limit might have
// refused instead, nor that a client repeats what was refused.

using FunctionsApi.Auth;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Tenants;

namespace FunctionsApi.Usage;

/// <summary>A caller's plan of one API beside the next one.</summary>
/// <param name="Api"><c>inference</c> or <c>agents</c>.</param>
/// <param name="Plan">The caller's.</param>
/// <param name="Next">The one after it in the plan file.</param>
/// <param name="Limits">One for each policy that the caller has a limit for, in order of the plan file; no shadow policies.</param>
internal sealed record NextPlan(string Api, string Plan, string Next, IReadOnlyList<NextPlanLimit> Limits);

/// <param name="Policy">Its name.</param>
/// <param name="Limit">Of the caller's plan.</param>
/// <param name="NextLimit">Of the next plan; null where that is set for each tenant.</param>
/// <param name="Refused">What it refused in the period.</param>
/// <param name="WouldHaveAdmitted">An estimate: how many of these the next plan would have admitted; null where its limit is not known.</param>
internal sealed record NextPlanLimit(string Policy, int Limit, int? NextLimit, long Refused, long? WouldHaveAdmitted);

/// <summary>Looks up next plans.</summary>
internal sealed class NextPlanReader(TenantDirectory tenants)
{
    private const long HourTicks = TimeSpan.TicksPerHour;

    /// <param name="caller">Whose plans.</param>
    /// <param name="rows">What was used in the period.</param>
    /// <param name="cancellationToken">Gives up, where the store has to be asked.</param>
    /// <returns>In order of API; one that the caller has the last plan of, or none, is left out.</returns>
    public async Task<IReadOnlyList<NextPlan>> ReadAsync(Caller caller, IReadOnlyList<UsageRow> rows, CancellationToken cancellationToken)
    {
        List<NextPlan> plans = [];
        foreach (var api in Apis.All)
            if (await tenants.FindAsync(caller.Tenant, api, caller.Plan(api), cancellationToken) is { } terms
                && PlanAfter(terms) is { } next
                && await tenants.FindAsync(caller.Tenant, api, next, cancellationToken) is { } nextTerms)
                plans.Add(new(api.Name(), terms.Plan, next, [.. LimitsOf(terms, nextTerms, [.. rows.Where(row => row.Series.Api == api)])]));
        return plans;
    }

    private string? PlanAfter(ApiTerms terms) =>
        tenants.Plans[terms.Api].Plans.SkipWhile(plan => plan.Name != terms.Plan).Skip(1).FirstOrDefault()?.Name;

    private static IEnumerable<NextPlanLimit> LimitsOf(ApiTerms terms, ApiTerms next, IReadOnlyList<UsageRow> rows) =>
        from policy in terms.Policies.Policies
        where !policy.Shadow
        let nextLimit = next.Policies.Policies.FirstOrDefault(other => other.Name == policy.Name)?.Limit
        select new NextPlanLimit(
            policy.Name, policy.Limit, nextLimit, rows.Sum(row => Refused(row, policy)),
            nextLimit is { } limit ? WouldHaveAdmitted(policy, limit - policy.Limit, rows) : null);

    private static long WouldHaveAdmitted(Policy policy, long more, IReadOnlyList<UsageRow> rows)
    {
        if (more <= 0)
            return 0;
        if (policy.Algorithm == Algorithm.Concurrency)
            return rows.Sum(row => Refused(row, policy));
        var windowTicks = Math.Max(policy.Window.Ticks, HourTicks);
        var mostMore = more * Math.Max(1, (HourTicks + policy.Window.Ticks - 1) / policy.Window.Ticks);
        return rows
            .GroupBy(row => (row.Series.Key, Window: row.Hour.UtcTicks / windowTicks))
            .Sum(window => Math.Min(mostMore, window.Sum(row => Refused(row, policy))));
    }

    private static long Refused(UsageRow row, Policy policy) => row.Totals.RefusedBy.GetValueOrDefault(policy.Name);
}

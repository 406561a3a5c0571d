using FunctionsApi.Auth;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Tenants;

namespace FunctionsApi.Usage;

/// <summary>Shows where a caller stands with every policy of both APIs. Looking uses no quota.</summary>
internal sealed class LimitReader(TenantDirectory tenants, QuotaLimiter limiter)
{
    /// <returns>In order of API and of the plan file. An API without a subscription is left out.</returns>
    public async Task<IReadOnlyList<LimitLine>> ReadAsync(Caller caller, CancellationToken cancellationToken)
    {
        List<LimitLine> lines = [];
        foreach (var api in Apis.All)
            if (await tenants.FindAsync(caller.Tenant, api, caller.Plan(api), cancellationToken) is { } terms)
                lines.AddRange(await ReadAsync(terms, caller.Partition(api), cancellationToken));
        return lines;
    }

    private async Task<IEnumerable<LimitLine>> ReadAsync(ApiTerms terms, string partition, CancellationToken cancellationToken)
    {
        var nothingOfEach = new Charge(terms.Policies, [.. terms.Policies.Policies.Select((_, place) => new ChargeItem(place, 0))]);
        var decision = await limiter.PeekAfreshAsync(partition, nothingOfEach, cancellationToken);
        return terms.Policies.Policies
            .Select((policy, place) => (policy, place))
            .Where(line => !line.policy.Shadow)
            .Select(line => Line(terms, line.place, decision));
    }

    private static LimitLine Line(ApiTerms terms, int place, in Decision decision)
    {
        var (policy, figures) = (terms.Policies.Policies[place], decision[place]);
        var hasWindow = policy.Algorithm != Algorithm.Concurrency;
        return new(
            terms.Api.Name(), terms.Plan, policy.Name, EndpointsOf(terms, place), policy.Algorithm.Name(), policy.Limit, figures.Remaining,
            hasWindow ? (long)policy.Window.TotalSeconds : null,
            hasWindow ? figures.Reset.ToDateTimeOffset() : null,
            policy.Burst is { } burst ? new(policy.Ceiling, (long)burst.Length.TotalSeconds, NameOf(decision.BurstOf(place))) : null);
    }

    private static string NameOf(BurstState burst) => burst switch
    {
        BurstState.Open => "open",
        BurstState.Over => "over",
        _ => "unused",
    };

    private static string[] EndpointsOf(ApiTerms terms, int policy) =>
        [.. terms.Api.Endpoints().Where(endpoint => terms.ChargeFor(endpoint).Items.Any(item => item.Policy == policy && item.Permits > 0))];
}

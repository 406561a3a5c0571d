using System.Collections.Frozen;
using System.Collections.Immutable;

namespace FunctionsApi.Quotas.Policies;

/// <summary>
/// What one plan of one API allows a tenant: the plan's policies with the tenant's overrides, and what each endpoint
/// costs. Immutable and shared: it, its set and its charges may be compared by reference.
/// </summary>
public sealed class ApiTerms
{
    private readonly FrozenDictionary<string, Charge> _charges;
    private readonly Charge _other;

    internal ApiTerms(
        ApiKind api, Plan plan, ImmutableArray<PolicyDefinition> definitions, IReadOnlyDictionary<string, LimitSetting> overrides)
    {
        var (set, policies) = (new List<PolicyDefinition>(definitions.Length), new List<Policy>(definitions.Length));
        for (var place = 0; place < definitions.Length; place++)
            if (definitions[place].With(plan.Limits[place], overrides.GetValueOrDefault(definitions[place].Name)) is { } policy)
            {
                set.Add(definitions[place]);
                policies.Add(policy);
            }

        Api = api;
        Plan = plan.Name;
        Policies = new PolicySet([.. policies]);
        Unset = [.. definitions.Select(definition => definition.Name).Except(Policies.Policies.Select(policy => policy.Name))];
        General = Charged(definition => definition.IsGeneral, _ => 0);
        _charges = api.Endpoints()
            .ToDictionary(
                endpoint => endpoint,
                endpoint => Charged(definition => definition.Covers(endpoint), definition => definition.CountsCredits ? 0 : definition.WeightOf(endpoint)))
            .Append(new(Apis.UsageEndpoint, General))
            .ToFrozenDictionary();
        _other = Charged(definition => definition.IsGeneral, definition => definition.CountsCredits ? 0 : 1);

        Charge Charged(Predicate<PolicyDefinition> covers, Func<PolicyDefinition, int> permits)
        {
            var items = new List<ChargeItem>(set.Count);
            for (var place = 0; place < set.Count; place++)
                if (covers(set[place]))
                    items.Add(new(place, permits(set[place])));
            return new(Policies, [.. items]);
        }
    }

    public ApiKind Api { get; }

    public string Plan { get; }

    public PolicySet Policies { get; }

    /// <summary>
    /// The policies that the plan leaves to be set for each tenant and this tenant has no limit for. Unless it is empty,
    /// the tenant may not use the API yet.
    /// </summary>
    public IReadOnlyList<string> Unset { get; }

    /// <summary>Every policy that is not about named endpoints, with 0 permits: for showing where a caller stands.</summary>
    public Charge General { get; }

    /// <param name="endpoint">
    /// One of <see cref="Apis.Endpoints"/>; <see cref="Apis.UsageEndpoint"/> uses nothing; any other, which no policy can
    /// name, passes every general policy.
    /// </param>
    /// <returns>The same charge each time.</returns>
    public Charge ChargeFor(string endpoint) => _charges.GetValueOrDefault(endpoint, _other);
}

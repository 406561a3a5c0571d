using System.Collections.Frozen;
using System.Collections.Immutable;

namespace FunctionsApi.Quotas.Policies;

/// <summary>One plan of one API.</summary>
/// <param name="Name">Lower-case words joined by hyphens, for example <c>enterprise</c>.</param>
/// <param name="Limits">One for each policy of its API, in their order.</param>
public sealed record Plan(string Name, ImmutableArray<LimitSetting> Limits);

/// <summary>The policies of one API, and its plans.</summary>
public sealed class ApiPlans
{
    private readonly FrozenDictionary<string, ApiTerms> _terms;

    internal ApiPlans(ApiKind api, ImmutableArray<PolicyDefinition> policies, ImmutableArray<Plan> plans)
    {
        Api = api;
        Policies = policies;
        Plans = plans;
        _terms = plans.ToFrozenDictionary(
            plan => plan.Name,
            plan => new ApiTerms(api, plan, policies, FrozenDictionary<string, LimitSetting>.Empty));
    }

    public ApiKind Api { get; }

    public ImmutableArray<PolicyDefinition> Policies { get; }

    /// <summary>In the order of the file.</summary>
    public ImmutableArray<Plan> Plans { get; }

    public bool HasPlan(string name) => _terms.ContainsKey(name);

    public bool HasPolicy(string name) => Policies.Any(policy => policy.Name == name);

    /// <summary>The plan's terms for every tenant without overrides.</summary>
    /// <returns>The same terms each time; null where there is no such plan.</returns>
    public ApiTerms? Find(string plan) => _terms.GetValueOrDefault(plan);

    /// <summary>The plan's terms for one tenant.</summary>
    /// <param name="plan">The plan's name.</param>
    /// <param name="overrides">By policy; one for a policy that the API does not have is left out.</param>
    /// <returns>New terms each time, unless no override applies; null where there is no such plan.</returns>
    public ApiTerms? Find(string plan, IReadOnlyDictionary<string, LimitSetting> overrides)
    {
        var plain = Find(plan);
        return plain is null || !overrides.Keys.Any(HasPolicy)
            ? plain
            : new ApiTerms(Api, Plans.First(candidate => candidate.Name == plan), Policies, overrides);
    }
}

using System.Collections.Concurrent;
using System.Collections.Immutable;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Tenants;

/// <summary>One plan of one API with one tenant's overrides.</summary>
internal sealed class ApiTerms(string plan, PolicySet policies, IReadOnlyList<string> unset, Func<string, Policy, bool> applies)
{
    private readonly ConcurrentDictionary<string, Charge> _charges = new();

    public string Plan { get; } = plan;

    public PolicySet Policies { get; } = policies;

    public IReadOnlyList<string> Unset { get; } = unset;

    public Charge General { get; } = new(policies, [.. policies.Policies
        .Select((policy, place) => (policy, place))
        .Where(item => applies("", item.policy))
        .Select(item => new ChargeItem(item.place, 0))]);

    public Charge ChargeFor(string endpoint) => _charges.GetOrAdd(endpoint, name => new(Policies, Policies.Policies
        .Select((policy, place) => (policy, place))
        .Where(item => applies(name, item.policy))
        .Select(item => new ChargeItem(item.place, 1))
        .ToImmutableArray()));
}

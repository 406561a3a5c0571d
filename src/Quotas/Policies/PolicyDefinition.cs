using System.Collections.Frozen;
using System.Collections.Immutable;

namespace FunctionsApi.Quotas.Policies;

/// <summary>A policy as all plans of its API share it: everything but the limit, and which endpoints it is about.</summary>
public sealed record PolicyDefinition
{
    /// <inheritdoc cref="Policy.Name"/>
    public required string Name { get; init; }

    public required Algorithm Algorithm { get; init; }

    /// <inheritdoc cref="Policy.Window"/>
    public TimeSpan Window { get; init; }

    public Burst? Burst { get; init; }

    public bool Shadow { get; init; }

    /// <inheritdoc cref="Policy.CountsCredits"/>
    public bool CountsCredits { get; init; }

    /// <summary>The endpoints it is about, and no others; empty where it is general.</summary>
    public ImmutableArray<string> Only { get; init; } = [];

    /// <summary>The endpoints that a general policy leaves out.</summary>
    public ImmutableArray<string> Except { get; init; } = [];

    /// <summary>Permits that one request to an endpoint takes, where that is not 1.</summary>
    public FrozenDictionary<string, int> Weights { get; init; } = FrozenDictionary<string, int>.Empty;

    public bool IsGeneral => Only.IsEmpty;

    public bool Covers(string endpoint) => IsGeneral ? !Except.Contains(endpoint) : Only.Contains(endpoint);

    public int WeightOf(string endpoint) => Weights.GetValueOrDefault(endpoint, 1);

    /// <summary>This policy as it holds for one tenant.</summary>
    /// <param name="plan">What the plan says.</param>
    /// <param name="tenant">The tenant's override; null where it has none.</param>
    /// <returns>Null where neither the plan nor the override sets a limit.</returns>
    internal Policy? With(LimitSetting plan, LimitSetting? tenant) => (tenant?.Limit ?? plan.Limit) is not { } limit
        ? null
        : new Policy
        {
            Name = Name,
            Algorithm = Algorithm,
            Limit = limit,
            Window = Window,
            Burst = Burst,
            CountsCredits = CountsCredits,
            Shadow = tenant?.Shadow ?? plan.Shadow ?? Shadow,
        };
}

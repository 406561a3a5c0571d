using System.Collections.Immutable;

namespace FunctionsApi.Quotas.Policies;

/// <summary>
/// All policies that hold for one partition: one plan of one API with one tenant's overrides. Immutable; a changed plan
/// makes a new set, and the limiter tells sets apart by reference, so one set is shared by all requests of a tenant.
/// </summary>
public sealed class PolicySet(ImmutableArray<Policy> policies)
{
    /// <summary>
    /// At most <see cref="MaxPolicies"/>, and one for concurrency; a charge and a decision refer to a policy by its place.
    /// </summary>
    public ImmutableArray<Policy> Policies { get; } =
        policies.Length <= MaxPolicies && policies.Count(policy => policy.Algorithm == Algorithm.Concurrency) <= 1
            ? policies
            : throw new ArgumentException(
                $"A set holds at most {MaxPolicies} policies, and one for concurrency.", nameof(policies));

    public const int MaxPolicies = 8;

    /// <summary>Whether both sets count alike, place by place, whatever their limits are.</summary>
    public bool HasSameCounters(PolicySet other)
    {
        if (ReferenceEquals(this, other))
            return true;
        if (Policies.Length != other.Policies.Length)
            return false;
        for (var i = 0; i < Policies.Length; i++)
            if (!Policies[i].HasSameCounter(other.Policies[i]))
                return false;
        return true;
    }
}

using System.Collections.Immutable;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Tenants;

/// <summary>A customer: what it has subscribed to, and which limits are its own.</summary>
/// <param name="Id">As <see cref="Auth.Names.IsTenant"/> allows.</param>
internal sealed record Tenant(string Id)
{
    public Subscription Inference { get; init; } = Subscription.None;

    public Subscription Agents { get; init; } = Subscription.None;

    /// <summary>
    /// It has given up its last subscription. Then keys with a plan of their own have no access either, which they do have where
    /// the tenant never subscribed to anything.
    /// </summary>
    public bool HasLeft { get; init; }

    /// <summary>When it was asked to delete all that the tenant has; null where nobody has. Then it has left as well.</summary>
    public DateTimeOffset? Removed { get; init; }

    public Subscription this[ApiKind api] => api == ApiKind.Inference ? Inference : Agents;

    public Tenant With(ApiKind api, Subscription subscription) =>
        api == ApiKind.Inference ? this with { Inference = subscription } : this with { Agents = subscription };
}

/// <summary>What one tenant has of one API.</summary>
/// <param name="Plan">Null: no subscription, so that only keys with one of their own may use the API.</param>
/// <param name="Limits">The tenant's overrides by policy; they stay when the plan changes.</param>
internal sealed record Subscription(string? Plan, ImmutableSortedDictionary<string, LimitSetting> Limits)
{
    public static ImmutableSortedDictionary<string, LimitSetting> NoLimits { get; } =
        ImmutableSortedDictionary.Create<string, LimitSetting>(StringComparer.Ordinal);

    public static Subscription None { get; } = new(null, NoLimits);
}

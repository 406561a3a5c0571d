namespace FunctionsApi.Quotas.Policies;

/// <summary>What a plan, or an override for one tenant, says about one policy.</summary>
/// <param name="Limit">
/// 0, which refuses everything, to <see cref="Policy.MaxLimit"/>. Null in a plan: each tenant has to be given its own; null in an override: the
/// plan's limit stays.
/// </param>
/// <param name="Shadow">Null: as the policy (in a plan) or the plan (in an override) says.</param>
public sealed record LimitSetting(int? Limit, bool? Shadow = null)
{
    /// <summary>Says nothing.</summary>
    public static LimitSetting None { get; } = new(Limit: null);
}

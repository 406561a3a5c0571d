using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Alerts;

/// <summary>Tells a tenant when little is left of one policy's limit.</summary>
/// <param name="Api">Which API's.</param>
/// <param name="Policy">One with a window.</param>
/// <param name="RemainingPercent">At how much of the limit, or less: 0, which is used up, to <see cref="MaxPercent"/>.</param>
internal sealed record AlertRule(ApiKind Api, string Policy, int RemainingPercent)
{
    public const int MaxPercent = 99;

    /// <param name="limit">The policy's. One of 0 refuses everything, and there is nothing to tell.</param>
    /// <param name="remaining">Permits left.</param>
    public bool IsCrossed(int limit, int remaining) => limit > 0 && remaining * 100L <= (long)limit * RemainingPercent;

    /// <summary>As the command line takes it: <c>agents/requests-per-day=10</c>.</summary>
    public override string ToString() => $"{Api.Name()}/{Policy}={RemainingPercent}";
}

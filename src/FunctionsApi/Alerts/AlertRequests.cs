using FunctionsApi.Api;

namespace FunctionsApi.Alerts;

/// <summary>Limits how often a caller may read, set and test alerts.</summary>
internal sealed class AlertRequests() : LocalLimit(Policy, Limit)
{
    public const string Policy = "alert-requests";

    /// <summary>In each minute.</summary>
    public const int Limit = 60;
}

using FunctionsApi.Api;

namespace FunctionsApi.Usage;

/// <summary>Limits how often a caller may read usage.</summary>
internal sealed class UsageReads() : LocalLimit(Policy, Limit)
{
    public const string Policy = "usage-reads";

    /// <summary>In each minute: a page that is open reads 30.</summary>
    public const int Limit = 240;
}

namespace FunctionsApi.Quotas.Entities;

/// <summary>
/// How much more than what is asked for an instance gets: long leases where there is headroom, none where there is not.
/// An eighth of what is left per operation, so that leases shrink by themselves as the limit nears and the last seven
/// permits are handed out one request at a time.
/// </summary>
internal static class Headroom
{
    private const int Share = 8;

    /// <returns>What is granted: the need as far as it goes, and part of the want.</returns>
    public static int Grant(int available, int need, int want)
    {
        var needed = Math.Min(need, available);
        return needed + Math.Min(want, (available - needed) / Share);
    }
}

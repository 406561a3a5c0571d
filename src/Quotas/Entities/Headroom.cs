namespace FunctionsApi.Quotas.Entities;

/// <summary>
/// How much more than what is asked for an instance gets: long leases where there is headroom, none where there is not.
/// An eighth of what is left per operation, so that leases shrink by themselves as the limit nears and the last seven
/// permits are handed out one request at a time.
/// </summary>
internal static class Headroom
{
    private const int Share = 8;

    /// <returns>What is granted: what is needed as far as it goes, and part of what is wanted.</returns>
    public static int Grant(int available, PolicyOperation operation)
    {
        var needed = (int)Math.Min((long)operation.Need + operation.Pressing, available);
        return needed + Math.Min(operation.Want, (available - needed) / Share);
    }
}

using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Entities;

/// <summary>
/// How much more than what is asked for an instance gets of a window: long leases where there is headroom, none where there
/// is not. An eighth of what is left per operation, so that leases shrink by themselves as the limit nears and the last
/// seven permits are handed out one request at a time; and never so much that a killed instance takes more than a fiftieth
/// of the limit with it.
/// </summary>
internal static class Headroom
{
    private const int Share = 8;

    /// <summary>Beyond what requests wait for, an instance holds at most such a part of a window's limit.</summary>
    public const int MostHeldPart = 50;

    /// <summary>Where that would be fewer, it may hold so many.</summary>
    public const int LeastMostHeld = 8;

    /// <summary>What an instance may hold at most beyond what requests wait for. Permits in flight come back by themselves.</summary>
    public static int MostHeld(Policy policy) =>
        policy.Algorithm == Algorithm.Concurrency ? policy.Limit : Math.Max(LeastMostHeld, policy.Limit / MostHeldPart);

    /// <returns>What is granted: what is needed as far as it goes, and part of what is wanted.</returns>
    public static int Grant(int available, PolicyOperation operation)
    {
        var needed = (int)Math.Min((long)operation.Need + operation.Pressing, available);
        return needed + Math.Min(Math.Min(operation.Want, (available - needed) / Share), Math.Max(0, MostHeld(operation.Policy) - operation.Kept));
    }
}

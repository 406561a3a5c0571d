namespace FunctionsApi.Usage;

/// <summary>Where a caller stands with one policy of his plans. Shadow policies refuse nobody and are left out.</summary>
/// <param name="Api"><c>inference</c> or <c>agents</c>.</param>
/// <param name="Plan">The plan that has the policy.</param>
/// <param name="Policy">Its name.</param>
/// <param name="Endpoints">Those whose requests take permits from it.</param>
/// <param name="Algorithm"><c>fixed-window</c>, <c>sliding-window</c> or <c>concurrency</c>.</param>
/// <param name="Limit">Permits per window, or in flight at once.</param>
/// <param name="Remaining">Permits left, 0 or more.</param>
/// <param name="WindowSeconds">The window's length; null for concurrency.</param>
/// <param name="Reset">The window's end, or for a sliding window when its oldest counted request leaves it; null for concurrency.</param>
/// <param name="Burst">Null where the policy knows none.</param>
internal sealed record LimitLine(
    string Api, string Plan, string Policy, IReadOnlyList<string> Endpoints, string Algorithm,
    int Limit, int Remaining, long? WindowSeconds, DateTimeOffset? Reset, BurstLine? Burst);

/// <summary>How far a window may be exceeded for a moment, once.</summary>
/// <param name="Limit">Permits of a window whose burst is used to the full.</param>
/// <param name="LengthSeconds">How long it lasts from the first request beyond the limit.</param>
/// <param name="State"><c>unused</c>, <c>open</c> or <c>over</c>.</param>
internal sealed record BurstLine(int Limit, long LengthSeconds, string State);

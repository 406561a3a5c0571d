namespace FunctionsApi.Agents.Analytics;

/// <summary>Something that happened at a tenant's.</summary>
/// <param name="Type">What it was.</param>
/// <param name="Timestamp">When, UTC.</param>
/// <param name="Id">The sender's own name for it, stored once however often it is sent; null where it has none.</param>
/// <param name="Page">Where it was; null where it does not say.</param>
/// <param name="Json">The whole event as it was sent, in UTF-8.</param>
internal sealed record AnalyticsEvent(string Type, DateTimeOffset Timestamp, string? Id, string? Page, ReadOnlyMemory<byte> Json);

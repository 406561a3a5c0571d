using System.Diagnostics;

namespace FunctionsApi.Telemetry;

/// <summary>The spans that are ours. None is made unless a listener asks for it.</summary>
internal static class Spans
{
    public const string SourceName = "FunctionsApi";

    public const string Conflicts = "functionsapi.ledger.conflicts";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>
    /// Of an operation on the ledger, as a part of the request that caused it: what instances do of their own accord is in
    /// the metrics.
    /// </summary>
    /// <param name="operation"><c>apply</c> or <c>peek</c>.</param>
    public static Activity? StartLedger(string operation) =>
        Activity.Current is null ? null : Source.StartActivity($"ledger {operation}", ActivityKind.Internal);

    /// <summary>Counts a write that came second, where the span of the operation is the current one.</summary>
    public static void CountConflict()
    {
        if (Activity.Current is { IsAllDataRequested: true } span && ReferenceEquals(span.Source, Source))
            span.SetTag(Conflicts, span.GetTagItem(Conflicts) is int before ? before + 1 : 1);
    }
}

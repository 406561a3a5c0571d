namespace FunctionsApi.Tests.Telemetry;

/// <summary>A span as it arrived.</summary>
internal sealed record ReceivedSpan(
    string Source, string TraceId, string SpanId, string ParentId, string Name, IReadOnlyDictionary<string, string> Tags);

/// <summary>One measurement of a metric as it arrived.</summary>
internal sealed record ReceivedMeasurement(string Meter, string Name, string Unit, double Value, IReadOnlyDictionary<string, string> Tags);

/// <summary>A log record as it arrived.</summary>
internal sealed record ReceivedLog(string Category, string Text, string TraceId, IReadOnlyDictionary<string, string> Tags);

/// <summary>Reads what the OTLP specification's <c>.proto</c> files describe.</summary>
internal static class Otlp
{
    public static IEnumerable<ReceivedSpan> Spans(ProtobufMessage request) =>
        from scope in request.All(1, 2)
        from span in scope.All(2)
        select new ReceivedSpan(
            ScopeName(scope), span.Hex(1), span.Hex(2), span.Hex(4), span.Text(5), Tags(span.All(9)));

    public static IEnumerable<ReceivedMeasurement> Measurements(ProtobufMessage request) =>
        from scope in request.All(1, 2)
        from metric in scope.All(2)
        from measurement in Numbers(metric).Concat(Histograms(metric))
        select new ReceivedMeasurement(ScopeName(scope), metric.Text(1), metric.Text(3), measurement.Value, measurement.Tags);

    public static IEnumerable<ReceivedLog> Logs(ProtobufMessage request) =>
        from scope in request.All(1, 2)
        from record in scope.All(2)
        select new ReceivedLog(ScopeName(scope), record.All(5).Single().Text(1), record.Hex(9), Tags(record.All(6)));

    /// <summary>What sent it.</summary>
    public static IReadOnlyDictionary<string, string> Resource(ProtobufMessage request) => Tags(request.All(1, 1, 1));

    private static IEnumerable<(double Value, Dictionary<string, string> Tags)> Numbers(ProtobufMessage metric) =>
        metric.All(5, 1).Concat(metric.All(7, 1)).Select(point => (
            point.Has(4) ? BitConverter.UInt64BitsToDouble(point.Number(4)) : point.Number(6),
            Tags(point.All(7))));

    private static IEnumerable<(double Value, Dictionary<string, string> Tags)> Histograms(ProtobufMessage metric) =>
        metric.All(9, 1).Select(point => ((double)point.Number(4), Tags(point.All(9))));

    private static string ScopeName(ProtobufMessage scope) => scope.All(1).Single().Text(1);

    private static Dictionary<string, string> Tags(IEnumerable<ProtobufMessage> attributes) =>
        attributes.ToDictionary(tag => tag.Text(1), tag => Value(tag.All(2).Single()));

    private static string Value(ProtobufMessage any) =>
        any.Has(1) ? any.Text(1) : any.Has(4) ? BitConverter.UInt64BitsToDouble(any.Number(4)).ToString() : $"{any.Number(2) + any.Number(3)}";
}

using System.Diagnostics.Tracing;
using System.Globalization;

namespace FunctionsApi.Telemetry;

/// <summary>Hears what the exporters tell nobody else: that something could not be sent.</summary>
/// <param name="tell">Called the first time, with the reason.</param>
internal sealed class ExportTrouble(Action<string> tell) : EventListener
{
    private static readonly string[] Exporters = ["OpenTelemetry-Exporter-OpenTelemetryProtocol", "OpenTelemetry-AzureMonitor-Exporter"];

    private int _told;

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (Exporters.Contains(eventSource.Name))
            EnableEvents(eventSource, EventLevel.Warning);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (Interlocked.Exchange(ref _told, 1) == 0)
            tell(FirstLine(string.Format(CultureInfo.InvariantCulture, eventData.Message ?? "", [.. eventData.Payload ?? new([])])));
    }

    // The rest is a stack trace.
    private static string FirstLine(string text) => text.Split('\n', 2)[0].TrimEnd();
}

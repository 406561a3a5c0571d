using System.Globalization;

namespace FunctionsApi.Settings;

/// <summary>
/// That traces, metrics and logs are sent by OTLP. The OpenTelemetry SDK reads the standard variables itself, and where it
/// makes no sense of one it goes on without it and tells nobody: those that are easily got wrong are checked here.
/// </summary>
internal sealed record TelemetrySettings
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string Protocol = "OTEL_EXPORTER_OTLP_PROTOCOL";
    private const string Sampler = "OTEL_TRACES_SAMPLER";
    private const string Ratio = "OTEL_TRACES_SAMPLER_ARG";

    private TelemetrySettings()
    {
    }

    /// <returns>Null where telemetry is sent nowhere.</returns>
    public static TelemetrySettings? Read(SettingsReader reader)
    {
        var (endpoint, _, _, ratio) = (reader.Text(Endpoint), reader.Text(Protocol), reader.Text(Sampler), reader.Text(Ratio));
        // The variables are not ours alone: without a receiver, whatever else they say is for others.
        if (endpoint is null)
            return null;
        if (!IsAddress(endpoint))
            reader.Wrong(Endpoint, "is not the address of an OTLP receiver: set it to one such as http://localhost:4317, or unset it to send no telemetry.");
        reader.OneOf(Protocol, "grpc", "http/protobuf");
        reader.OneOf(
            Sampler, "parentbased_traceidratio", "parentbased_always_on", "parentbased_always_off", "traceidratio", "always_on", "always_off");
        if (ratio is not null && !IsShare(ratio))
            reader.Wrong(Ratio, $"is '{ratio}': set it to the share of requests to trace, 0 to 1, as 0.05.");
        return new();
    }

    // Plain http as well: a receiver is most often on the same machine or in the same private network.
    private static bool IsAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps);

    private static bool IsShare(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var share) && share is >= 0 and <= 1;
}

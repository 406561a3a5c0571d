using System.Globalization;
using Microsoft.Extensions.Options;

namespace FunctionsApi.Settings;

/// <summary>
/// Where traces, metrics and logs are sent, by the standard names. The OpenTelemetry SDK reads its variables itself, and where it
/// makes no sense of one it goes on without it and tells nobody: those that are easily got wrong are checked here.
/// </summary>
internal sealed record TelemetryOptions
{
    [ConfigurationKeyName("OTEL_EXPORTER_OTLP_ENDPOINT")]
    public string? OtlpEndpoint { get; set; }

    [ConfigurationKeyName("OTEL_EXPORTER_OTLP_PROTOCOL")]
    public string? OtlpProtocol { get; set; }

    [ConfigurationKeyName("OTEL_TRACES_SAMPLER")]
    public string? Sampler { get; set; }

    [ConfigurationKeyName("OTEL_TRACES_SAMPLER_ARG")]
    public string? SamplerArgument { get; set; }

    /// <summary>Of Application Insights; null sends nothing there.</summary>
    [ConfigurationKeyName("APPLICATIONINSIGHTS_CONNECTION_STRING")]
    public string? InsightsConnectionString { get; set; }

    /// <summary><c>Authorization=AAD</c>, and <c>ClientId=</c> of a user-assigned identity; null signs nothing in.</summary>
    [ConfigurationKeyName("APPLICATIONINSIGHTS_AUTHENTICATION_STRING")]
    public string? InsightsAuthentication { get; set; }

    /// <summary>Whether telemetry is sent at all.</summary>
    public bool IsSent => OtlpEndpoint is not null || InsightsConnectionString is not null;

    /// <summary>Which share of requests is traced, where it is a share: 0 to 1.</summary>
    // All requests would be thousands a second.
    public double TracedShare => SamplerArgument is null ? 0.05 : double.Parse(SamplerArgument, NumberStyles.Float, CultureInfo.InvariantCulture);

    /// <summary>Of the identity that signs telemetry in; null is the system-assigned one.</summary>
    public string? InsightsClientId => Parts(InsightsAuthentication).GetValueOrDefault("ClientId");

    /// <summary>The parts of <c>name=value;name=value</c>.</summary>
    public static Dictionary<string, string> Parts(string? text) => (text ?? "")
        .Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(part => part.Split('=', 2, StringSplitOptions.TrimEntries))
        .DistinctBy(part => part[0], StringComparer.OrdinalIgnoreCase)
        .ToDictionary(part => part[0], part => part.Length > 1 ? part[1] : "", StringComparer.OrdinalIgnoreCase);
}

/// <summary>Whether telemetry can be sent as is said. The variables are not ours alone: without a receiver they are for others.</summary>
internal sealed class TelemetryOptionsValidator : IValidateOptions<TelemetryOptions>
{
    private static readonly string[] Protocols = ["grpc", "http/protobuf"];

    private static readonly string[] Samplers =
        ["parentbased_traceidratio", "parentbased_always_on", "parentbased_always_off", "traceidratio", "always_on", "always_off"];

    public ValidateOptionsResult Validate(string? name, TelemetryOptions options)
    {
        var wrong = new ValidateOptionsResultBuilder();
        if (options.OtlpEndpoint is { } endpoint && !IsAddress(endpoint))
            wrong.AddError("OTEL_EXPORTER_OTLP_ENDPOINT is not the address of an OTLP receiver: set it to one such as http://localhost:4317, or unset it to send no telemetry by OTLP.");
        if (options.OtlpEndpoint is not null && options.OtlpProtocol is { } protocol && !Protocols.Contains(protocol))
            wrong.AddError(SettingsText.NoneOf("OTEL_EXPORTER_OTLP_PROTOCOL", protocol, Protocols));
        if (options.IsSent && options.Sampler is { } sampler && !Samplers.Contains(sampler))
            wrong.AddError(SettingsText.NoneOf("OTEL_TRACES_SAMPLER", sampler, Samplers));
        if (options.IsSent && options.SamplerArgument is { } share && !IsShare(share))
            wrong.AddError($"OTEL_TRACES_SAMPLER_ARG is '{share}': set it to the share of requests to trace, 0 to 1, as 0.05.");
        if (options.InsightsConnectionString is { } connection && TelemetryOptions.Parts(connection).GetValueOrDefault("InstrumentationKey") is not { Length: > 0 })
            wrong.AddError("APPLICATIONINSIGHTS_CONNECTION_STRING has no InstrumentationKey: copy it whole from the Application Insights resource, or unset it.");
        if (options is { InsightsConnectionString: not null, InsightsAuthentication: { } authentication } && TelemetryOptions.Parts(authentication).GetValueOrDefault("Authorization") != "AAD")
            wrong.AddError("APPLICATIONINSIGHTS_AUTHENTICATION_STRING does not say Authorization=AAD: set it to that, with ;ClientId=<id> for a user-assigned identity, or unset it.");
        return wrong.Build();
    }

    // Plain http as well: a receiver is most often on the same machine or in the same private network.
    private static bool IsAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps);

    private static bool IsShare(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var share) && share is >= 0 and <= 1;
}

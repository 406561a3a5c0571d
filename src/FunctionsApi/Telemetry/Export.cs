using System.Reflection;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace FunctionsApi.Telemetry;

/// <summary>
/// Sends traces, metrics and logs by OTLP, as the standard <c>OTEL_</c> variables say. A receiver that is away costs the
/// server nothing but what it would have received.
/// </summary>
internal sealed class Export : IDisposable
{
    // All of them would be thousands a second. The share is by trace, so that a trace is whole or absent; who calls with a
    // trace of its own, as the Functions host does, has decided already.
    private static readonly Dictionary<string, string?> Defaults = new()
    {
        ["OTEL_TRACES_SAMPLER"] = "parentbased_traceidratio",
        ["OTEL_TRACES_SAMPLER_ARG"] = "0.05",
    };

    private static readonly string[] Sources = ["Microsoft.AspNetCore", "System.Net.Http", Spans.SourceName];

    // Not System.Net.Http: its durations are by the server that was asked, and crawls ask any.
    private static readonly string[] Meters =
        [QuotaMetrics.MeterName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    private readonly OpenTelemetrySdk _sdk;

    public Export(IConfiguration configuration)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(Defaults).AddConfiguration(configuration).Build();
        _sdk = OpenTelemetrySdk.Create(otel =>
        {
            otel.Services.AddSingleton<IConfiguration>(settings);
            otel.ConfigureResource(Describe)
                .WithTracing(traces => traces.AddSource(Sources).AddProcessor(new UrlRedaction()))
                .WithMetrics(metrics => metrics.AddMeter(Meters))
                .WithLogging(_ => { }, logs => (logs.IncludeScopes, logs.IncludeFormattedMessage) = (true, true))
                .UseOtlpExporter();
        });
        Logs = _sdk.GetLoggerFactory();
    }

    /// <summary>Where log lines are sent.</summary>
    public ILoggerFactory Logs { get; }

    /// <summary>Sends what has gathered, if that can be done in time, and nothing more after it.</summary>
    public Task ShutdownAsync(TimeSpan timeout)
    {
        var milliseconds = (int)timeout.TotalMilliseconds;
        return Task.WhenAll(
            Task.Run(() => _sdk.TracerProvider.Shutdown(milliseconds)),
            Task.Run(() => _sdk.MeterProvider.Shutdown(milliseconds)),
            Task.Run(() => _sdk.LoggerProvider.Shutdown(milliseconds)));
    }

    public void Dispose() => _sdk.Dispose();

    private static void Describe(ResourceBuilder resource) => resource
        .Clear()
        .AddTelemetrySdk()
        .AddService("functionsapi", serviceVersion: Version)
        .AddEnvironmentVariableDetector();

    private static string Version =>
        typeof(Export).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}

using System.Reflection;
using System.Runtime.CompilerServices;
using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using FunctionsApi.Settings;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using OpenTelemetry;
using OpenTelemetry.Context.Propagation;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace FunctionsApi.Telemetry;

/// <summary>
/// Sends traces, metrics and logs by OTLP, as the standard <c>OTEL_</c> variables say, and to Application Insights. A receiver that
/// is away costs the server nothing but what it would have received.
/// </summary>
internal static class TelemetrySetup
{
    /// <summary>
    /// To be called before other hosted services are added: it starts before them and stops after them. Nothing of OpenTelemetry is
    /// loaded where telemetry is sent nowhere.
    /// </summary>
    /// <param name="services">Where to.</param>
    /// <param name="options">Where telemetry is sent; null is nowhere.</param>
    /// <param name="underFunctionsHost">Whether the Functions host runs us as an isolated worker, and is to leave telemetry to us.</param>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, TelemetryOptions? options, bool underFunctionsHost) =>
        options is null ? services : AddOpenTelemetry(services, options, underFunctionsHost);

    [MethodImpl(MethodImplOptions.NoInlining)] // Inlined, it would load what it names.
    private static IServiceCollection AddOpenTelemetry(IServiceCollection services, TelemetryOptions options, bool underFunctionsHost)
    {
        // Or its baggage, which is whatever the caller wrote, would be sent on. What our clients tell is in TraceContext.
        Sdk.SetDefaultTextMapPropagator(new TraceContextPropagator());
        // The query that a caller sent is in its lines. The request's span says the rest.
        services.Configure<LoggerFilterOptions>(filter =>
            filter.AddFilter<OpenTelemetryLoggerProvider>("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None));
        var telemetry = services.AddHostedService<TelemetryService>().AddOpenTelemetry()
            .ConfigureResource(Describe)
            .WithTracing(traces => traces
                .AddSource(Spans.SourceName)
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddProcessor(new SpanRedaction()))
            // Not that of HttpClient: its durations are by the server that was asked, and crawls ask any.
            .WithMetrics(metrics => metrics.AddMeter(QuotaMetrics.MeterName).AddAspNetCoreInstrumentation().AddRuntimeInstrumentation())
            .WithLogging(_ => { }, logs => (logs.IncludeScopes, logs.IncludeFormattedMessage) = (true, true));
        if (underFunctionsHost)
            LeaveToUs(telemetry);
        if (options.OtlpEndpoint is not null)
            telemetry.UseOtlpExporter();
        if (options.InsightsConnectionString is not null)
            SendToInsights(telemetry, options);
        // Last, for that of Application Insights brings a sampler of its own.
        telemetry.WithTracing(traces => traces.SetSampler(SamplerOf(options)));
        return services;
    }

    // The share is by trace, so that a trace is whole or absent; who calls with a trace of its own, as the Functions host does, has
    // decided already.
    private static Sampler SamplerOf(TelemetryOptions options) => options.Sampler switch
    {
        "always_on" => new AlwaysOnSampler(),
        "always_off" => new AlwaysOffSampler(),
        "traceidratio" => new TraceIdRatioBasedSampler(options.TracedShare),
        "parentbased_always_on" => new ParentBasedSampler(new AlwaysOnSampler()),
        "parentbased_always_off" => new ParentBasedSampler(new AlwaysOffSampler()),
        _ => new ParentBasedSampler(new TraceIdRatioBasedSampler(options.TracedShare)),
    };

    [MethodImpl(MethodImplOptions.NoInlining)] // As above.
    private static void LeaveToUs(IOpenTelemetryBuilder telemetry) => telemetry.UseFunctionsWorkerDefaults();

    [MethodImpl(MethodImplOptions.NoInlining)] // As above.
    private static void SendToInsights(IOpenTelemetryBuilder telemetry, TelemetryOptions options)
    {
        telemetry
            .WithTracing(traces => traces.AddAzureMonitorTraceExporter(Configure))
            .WithMetrics(metrics => metrics.AddAzureMonitorMetricExporter(Configure))
            .WithLogging(logs => logs.AddAzureMonitorLogExporter(Configure));

        void Configure(AzureMonitorExporterOptions exporter)
        {
            exporter.ConnectionString = options.InsightsConnectionString;
            exporter.Credential = options.InsightsAuthentication is null ? null : Identity(options.InsightsClientId);
            // Neither files on the disk nor a connection that is always asked for more.
            (exporter.DisableOfflineStorage, exporter.EnableLiveMetrics) = (true, false);
        }
    }

    private static ManagedIdentityCredential Identity(string? clientId) => new ManagedIdentityCredential(
        clientId is null ? ManagedIdentityId.SystemAssigned : ManagedIdentityId.FromUserAssignedClientId(clientId));

    private static void Describe(ResourceBuilder resource) => resource
        .Clear()
        .AddTelemetrySdk()
        .AddService("functionsapi", serviceVersion: Version)
        .AddEnvironmentVariableDetector();

    private static string Version =>
        typeof(TelemetrySetup).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}

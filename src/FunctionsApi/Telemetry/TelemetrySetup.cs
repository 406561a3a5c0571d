using System.Runtime.CompilerServices;
using FunctionsApi.Settings;

namespace FunctionsApi.Telemetry;

/// <summary>Telemetry's parts: none of them, and nothing of OpenTelemetry, is loaded where telemetry is sent nowhere.</summary>
internal static class TelemetrySetup
{
    /// <summary>To be called before other hosted services are added: it starts before them and stops after them.</summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, TelemetrySettings? settings) =>
        settings is null ? services : AddExport(services);

    [MethodImpl(MethodImplOptions.NoInlining)] // Inlined, it would load what it names.
    private static IServiceCollection AddExport(IServiceCollection services) => services
        .AddSingleton<Export>()
        .AddHostedService<ExportService>()
        .AddSingleton<ILoggerProvider, ExportedLogs>()
        .AddTransient<IStartupFilter, RequestSpans>();
}

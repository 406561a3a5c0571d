using System.Text;
using FunctionsApi.Agents;
using FunctionsApi.Api;
using FunctionsApi.Auth;
using FunctionsApi.Functions;
using FunctionsApi.Health;
using FunctionsApi.Infer;
using FunctionsApi.Settings;
using FunctionsApi.Storage;
using FunctionsApi.Telemetry;
using FunctionsApi.Tenants;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Net.Http.Headers;

namespace FunctionsApi;

/// <summary>Every service of the server, alone and under the Functions host.</summary>
internal static partial class Composition
{
    // As long as the longest attempt that a store makes; callers wait for no longer, whatever it does.
    private static readonly TimeSpan StoreTimeout = TimeSpan.FromSeconds(10);

    // With the 5 s in which the limiter gives its leases back, under 10.
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(3);

    private const int MaxJwksBytes = 256 * 1024;
    private static readonly TimeSpan JwksTimeout = TimeSpan.FromSeconds(5);

    // dotnet run builds for debugging. A launchSettings.json would say the same, and make dotnet run print a line of its own
    // before each command's output.
#if DEBUG
    private static readonly string DefaultEnvironment = Environments.Development;
#else
    private static readonly string DefaultEnvironment = Environments.Production;
#endif

    public static string EnvironmentName { get; } =
        Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT") ?? Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") ?? DefaultEnvironment;

    public static void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        // Every endpoint has a limit of its own. Kestrel's would end the connection while the client sends, which then sees a reset in
        // place of the answer; what is not read is discarded for up to 5 s instead.
        kestrel.Limits.MaxRequestBodySize = null;
        // Any byte may be read, so that a credential of odd ones is answered by us and in the API's shape.
        kestrel.RequestHeaderEncodingSelector = name => name == HeaderNames.Authorization ? Encoding.Latin1 : null;
    }

    public static void Filter(ILoggingBuilder logging) => logging
        .AddFilter("Microsoft", LogLevel.Warning)
        // It warns, with a stack trace, of connections that their clients break off: anybody could fill the log.
        .AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error)
        // It logs with a stack trace, as an error, what is said in a sentence.
        .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical)
        // Kestrel starts an activity for every request as long as anybody could log it.
        .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);

    /// <param name="services">Where to. A ledger and metrics that are there already are kept.</param>
    /// <param name="settings">Valid.</param>
    /// <param name="store">Where everything durable is.</param>
    /// <param name="time">Every clock of the process.</param>
    /// <param name="functions">What HTTP triggers; those of the program by default.</param>
    public static IServiceCollection AddFunctionsApi(
        this IServiceCollection services, AppSettings settings, ITableStore store, TimeProvider time, IReadOnlyList<HttpFunction>? functions = null) =>
        services
            .AddSingleton(settings)
            .Configure<HostOptions>(host => host.ShutdownTimeout = StopTimeout)
            .AddSingleton<ITableStore>(new BoundedTableStore(store, StoreTimeout, time))
            .AddSingleton(provider => ConfiguredStore.OpenQueues(settings.Storage, provider.GetRequiredService<ITableStore>(), time))
            .AddSingleton(time)
            .AddCompression()
            .AddCors()
            .AddSingleton(settings.CrossOrigin)
            .AddSingleton<Cors>()
            .AddTelemetry(settings.Telemetry, settings.UnderFunctionsHost)
            .AddHealth(settings)
            .AddAuth(settings.Supabase)
            .AddTenants()
            .AddUsage()
            .AddDashboard(settings)
            .AddAlerts(settings)
            .AddOperations(settings.Operations)
            .AddLedger(settings)
            .AddQuotas(settings, store as IStoreTime)
            .AddSweeps(settings)
            .AddSingleton<ApiPipeline>()
            .AddSingleton(new AllowedMethods(functions ?? HttpFunction.All))
            .AddInfer()
            .AddUpstreams(settings)
            .AddSingleton<TenantTurns>()
            .AddIngestion(settings)
            .AddKnowledge(settings)
            .AddAnalytics();

    private static IServiceCollection AddCompression(this IServiceCollection services) => services
        .AddSingleton<IResponseCompressionProvider, Compression>()
        .AddResponseCompression(options => options.EnableForHttps = true)
        .AddTransient<IStartupFilter, Compression.First>();

    private static IServiceCollection AddHealth(this IServiceCollection services, AppSettings settings) => services
        .AddSingleton<Clock>()
        .AddHostedService(provider => ActivatorUtilities.CreateInstance<StartChecks>(provider, settings.Quotas.AcceptClockSetBack))
        .AddHostedService<Heartbeat>()
        .AddSingleton<Readiness>();

    private static IServiceCollection AddAuth(this IServiceCollection services, SupabaseOptions? supabase)
    {
        if (supabase is not null)
            services.AddSingleton(provider => Tokens(provider, supabase));
        return services
            .AddSingleton<KeyTable>()
            .AddSingleton<KeyRevocations>()
            .AddSingleton<KeyVerifier>()
            .AddSingleton(_ => new GuessLimiter())
            .AddSingleton(provider => new Authenticator(
                provider.GetRequiredService<KeyVerifier>(),
                provider.GetService<JwtVerifier>(),
                provider.GetRequiredService<GuessLimiter>(),
                provider.GetRequiredService<TimeProvider>()));
    }

    private static JwtVerifier Tokens(IServiceProvider provider, SupabaseOptions supabase)
    {
        var logger = provider.GetRequiredService<ILogger<JwtVerifier>>();
        return new(
            supabase.Issuer!,
            supabase.JwtSecret,
            supabase.JwksUri is { } address ? PublishedKeys.At(new(address), JwksClient(), logger) : null,
            provider.GetRequiredService<TimeProvider>(),
            logger);
    }

    // The one who controls a redirect could choose the keys.
    private static HttpClient JwksClient() => new(new SocketsHttpHandler { ActivityHeadersPropagator = TraceContext.None, AllowAutoRedirect = false })
    {
        Timeout = JwksTimeout,
        MaxResponseContentBufferSize = MaxJwksBytes,
    };

    private static IServiceCollection AddTenants(this IServiceCollection services) => services
        .AddSingleton<PlanTable>()
        .AddSingleton<TenantTable>()
        .AddSingleton<TenantDirectory>()
        .AddHostedService<TenantRefresher>();

    private static IServiceCollection AddInfer(this IServiceCollection services) => services
        .AddSingleton<DeploymentTable>()
        .AddSingleton<DeploymentDirectory>()
        .AddSingleton(provider => new UpstreamClient(
            UpstreamClient.CreateHandler(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<UpstreamClient>>()))
        .AddSingleton<HttpBackend>()
        .AddSingleton<InferEndpoint>();
}

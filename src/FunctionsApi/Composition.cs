using FunctionsApi.Agents.Analytics;
using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Agents.Knowledge;
using FunctionsApi.Api;
using FunctionsApi.Auth;
using FunctionsApi.Health;
using FunctionsApi.Hosting;
using FunctionsApi.Infer;
using FunctionsApi.Ledgers;
using FunctionsApi.Quotas.Ledgers;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Settings;
using FunctionsApi.Storage;
using FunctionsApi.Sweeps;
using FunctionsApi.Telemetry;
using FunctionsApi.Tenants;
using FunctionsApi.Usage;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FunctionsApi;

/// <summary>Every service of the server, whoever hosts it.</summary>
internal static partial class Composition
{
    // As long as the longest attempt that a store makes; callers wait for no longer, whatever it does.
    private static readonly TimeSpan StoreTimeout = TimeSpan.FromSeconds(10);

    private const int MaxJwksBytes = 256 * 1024;
    private static readonly TimeSpan JwksTimeout = TimeSpan.FromSeconds(5);

    /// <param name="services">Where to. A service that is there already, as a test's ledger, is kept.</param>
    /// <param name="settings">Valid.</param>
    /// <param name="store">Where everything durable is.</param>
    /// <param name="time">Every clock of the process.</param>
    public static IServiceCollection AddFunctionsApi(this IServiceCollection services, AppSettings settings, ITableStore store, TimeProvider time) =>
        services
            .AddSingleton<ITableStore>(new BoundedTableStore(store, StoreTimeout, time))
            .AddSingleton(provider => ConfiguredStore.OpenQueues(settings.Storage, provider.GetRequiredService<ITableStore>(), time))
            .AddSingleton(time)
            .AddCompression()
            .AddTelemetry(settings.Telemetry)
            .AddHealth(settings)
            .AddFunctionsHost(settings.Host)
            .AddAuth(settings.Supabase)
            .AddTenants()
            .AddUsage()
            .AddQuotas(settings.WhenLedgerUnavailable)
            .AddSweeps(settings)
            .AddSingleton<ApiPipeline>()
            .AddInfer()
            .AddAgents(settings);

    private static IServiceCollection AddCompression(this IServiceCollection services) => services
        .AddSingleton<IResponseCompressionProvider, Compression>()
        .AddResponseCompression(options => options.EnableForHttps = true)
        .AddTransient<IStartupFilter, Compression.First>();

    private static IServiceCollection AddHealth(this IServiceCollection services, AppSettings settings) => services
        .AddSingleton<Clock>()
        .AddHostedService(provider => ActivatorUtilities.CreateInstance<StartChecks>(provider, settings.AcceptClockSetBack))
        .AddHostedService<Heartbeat>()
        .AddSingleton<Readiness>();

    private static IServiceCollection AddAuth(this IServiceCollection services, SupabaseSettings? supabase)
    {
        if (supabase is not null)
            services.AddSingleton(provider => new JwtVerifier(supabase, Jwks(provider, supabase.JwksUri), provider.GetRequiredService<TimeProvider>()));
        return services
            .AddSingleton<KeyTable>()
            .AddSingleton<KeyRevision>()
            .AddSingleton<KeyVerifier>()
            .AddSingleton<GuessLimiter>()
            .AddSingleton(provider => new Authenticator(
                provider.GetRequiredService<KeyVerifier>(),
                provider.GetService<JwtVerifier>(),
                provider.GetRequiredService<GuessLimiter>(),
                provider.GetRequiredService<TimeProvider>()));
    }

    private static JwksKeys? Jwks(IServiceProvider provider, Uri? address) => address is null ? null : new(
        address,
        // A redirect would let whoever controls it choose the keys.
        new(new SocketsHttpHandler { ActivityHeadersPropagator = TraceContext.None, AllowAutoRedirect = false }) { Timeout = JwksTimeout, MaxResponseContentBufferSize = MaxJwksBytes },
        provider.GetRequiredService<TimeProvider>(),
        provider.GetRequiredService<ILogger<JwksKeys>>());

    private static IServiceCollection AddTenants(this IServiceCollection services) => services
        .AddSingleton<PlanTable>()
        .AddSingleton<TenantTable>()
        .AddSingleton<TenantDirectory>()
        .AddHostedService<TenantRefresher>();

    private static IServiceCollection AddUsage(this IServiceCollection services) => services
        .AddSingleton<UsageTable>()
        .AddSingleton<UsageRecorder>()
        .AddSingleton<RequestUsage>()
        .AddSingleton<UsageReader>()
        .AddSingleton<LimitReader>()
        .AddHostedService<UsageFlusher>()
        .AddSingleton<RequestEnded>(provider =>
        {
            var (usage, metrics) = (provider.GetRequiredService<RequestUsage>(), provider.GetRequiredService<QuotaMetrics>());
            return request =>
            {
                if (request.IsDecided)
                    metrics.Decided(request.Route.Api, request.Terms.Plan, request.Decision);
                usage.Ended(request);
            };
        });

    private static IServiceCollection AddQuotas(this IServiceCollection services, WhenLedgerUnavailable whenUnavailable)
    {
        services.TryAddSingleton<ILedger, TableLedger>();
        services.AddSingleton<QuotaMetrics>();
        return services.AddSingleton(provider =>
        {
            var logger = provider.GetRequiredService<ILogger<QuotaLimiter>>();
            var (metrics, time) = (provider.GetRequiredService<QuotaMetrics>(), provider.GetRequiredService<TimeProvider>());
            var limiter = new QuotaLimiter(
                new ObservedLedger(provider.GetRequiredService<ILedger>(), metrics, time),
                new() { WhenLedgerUnavailable = whenUnavailable },
                time)
            {
                OutageChanged = outage => LogChange(logger, outage, whenUnavailable),
            };
            metrics.Observe(limiter);
            return limiter;
        });
    }

    private static void LogChange(ILogger logger, LedgerOutage? outage, WhenLedgerUnavailable whenUnavailable)
    {
        if (outage is not null)
            Log.Away(logger, outage.Reason, whenUnavailable);
        else
            Log.Back(logger);
    }

    private static IServiceCollection AddSweeps(this IServiceCollection services, AppSettings settings)
    {
        services
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<Sweeper>(provider, settings.UsageRetention))
            .AddSingleton<HourlySweep>();
        // The Functions host's timer sweeps; where there is none, ours does.
        return settings.Host is null ? services.AddHostedService<SweepTimer>() : services;
    }

    private static IServiceCollection AddInfer(this IServiceCollection services) => services
        .AddSingleton<DeploymentTable>()
        .AddSingleton<DeploymentDirectory>()
        .AddSingleton(provider => new UpstreamClient(
            UpstreamClient.CreateHandler(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<UpstreamClient>>()))
        .AddSingleton<HttpBackend>()
        .AddSingleton<InferEndpoint>();

    private static IServiceCollection AddAgents(this IServiceCollection services, AppSettings settings)
    {
        services
            .AddSingleton(settings.Crawl)
            .AddSingleton<CrawlJobs>()
            .AddSingleton<CrawlPages>()
            .AddSingleton<CrawlQueue>()
            .AddSingleton<CrawlRun>()
            .AddSingleton<CrawlDelivery>()
            .AddSingleton<CrawlRecovery>()
            .AddSingleton<PageReader>()
            .AddSingleton<DocumentTable>()
            .AddSingleton<EventTable>();
        // The Functions host takes messages from Azure Queue Storage itself; it knows no other queue.
        return settings.Host is not null && settings.Storage.HasQueueService ? services : services.AddHostedService<CrawlWorker>();
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The ledger cannot be asked; leases are spent, and then requests are decided by: {WhenUnavailable}. {Reason}")]
        public static partial void Away(ILogger logger, string reason, WhenLedgerUnavailable whenUnavailable);

        [LoggerMessage(LogLevel.Information, "The ledger answers again")]
        public static partial void Back(ILogger logger);
    }
}

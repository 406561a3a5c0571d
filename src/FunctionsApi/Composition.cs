using System.Text;
using FunctionsApi.Agents;
using FunctionsApi.Agents.Analytics;
using FunctionsApi.Agents.Analytics.Journal;
using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Agents.Ingestion.Reading;
using FunctionsApi.Agents.Knowledge;
using FunctionsApi.Agents.Knowledge.Search;
using FunctionsApi.Agents.Knowledge.Synthesis;
using FunctionsApi.Alerts;
using FunctionsApi.Alerts.Webhooks;
using FunctionsApi.Api;
using FunctionsApi.Auth;
using FunctionsApi.Dashboard;
using FunctionsApi.Functions;
using FunctionsApi.Health;
using FunctionsApi.Infer;
using FunctionsApi.Ledgers;
using FunctionsApi.Operations;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Settings;
using FunctionsApi.Storage;
using FunctionsApi.Sweeps;
using FunctionsApi.Telemetry;
using FunctionsApi.Tenants;
using FunctionsApi.Upstreams;
using FunctionsApi.Usage;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Net.Http.Headers;

namespace FunctionsApi;

/// <summary>Every service of the server, alone and under the Functions host.</summary>
internal static class Composition
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
            .AddAlerts()
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

    private static IServiceCollection AddUsage(this IServiceCollection services) => services
        .AddSingleton<UsageTable>()
        .AddSingleton(provider => new UsageRecorder(provider.GetRequiredService<UsageTable>(), NowOf(provider.GetRequiredService<CorrectedClock>())))
        .AddSingleton<RequestUsage>()
        .AddSingleton<UsageReader>()
        .AddSingleton<LimitReader>()
        .AddSingleton<NextPlanReader>()
        .AddSingleton<UsageKeys>()
        .AddSingleton<UsageReads>()
        .AddHostedService<UsageFlusher>()
        .AddHostedService<LastFlush>()
        .AddSingleton<UsageEndpoint>()
        .AddSingleton<RequestEnded>(provider =>
        {
            var (usage, metrics) = (provider.GetRequiredService<RequestUsage>(), provider.GetRequiredService<QuotaMetrics>());
            var active = provider.GetRequiredService<ActiveCallers>();
            return request =>
            {
                if (request.IsDecided)
                    metrics.Decided(request.Terms.Api, request.Terms.Plan, request.Decision);
                if (active.AnyRules && request is { IsDecided: true, Decision.Outcome: not Outcome.Peeked })
                    active.Note(request.Caller, request.Terms.Api);
                usage.Ended(request);
            };
        });

    private static IServiceCollection AddDashboard(this IServiceCollection services, AppSettings settings) =>
        services.AddSingleton(_ => new UsagePage(PageSettings.Of(settings.Dashboard, settings.Supabase)));

    private static IServiceCollection AddAlerts(this IServiceCollection services) => services
        .AddSingleton<AlertTable>()
        .AddSingleton<AlertDirectory>()
        .AddSingleton<ActiveCallers>()
        .AddSingleton<ThresholdWatch>()
        .AddSingleton<DigestWriter>()
        .AddSingleton<AlertRound>()
        .AddHostedService<AlertTimer>()
        .AddSingleton<Outbox>()
        .AddSingleton<WebhookStates>()
        .AddSingleton<WebhookSender>()
        .AddSingleton<WebhookTest>()
        .AddSingleton<Delivery>()
        .AddHostedService<DeliveryService>()
        .AddSingleton<TenantAlerts>()
        .AddSingleton<AlertRequests>()
        .AddSingleton<GetAlerts>()
        .AddSingleton<PutAlerts>()
        .AddSingleton<TestAlerts>();

    private static Func<DateTimeOffset> NowOf(CorrectedClock clock) => () => clock.Now.ToDateTimeOffset();

    private static IServiceCollection AddOperations(this IServiceCollection services, OperationsOptions options) => services
        .AddSingleton(options)
        .AddSingleton<LedgerPeriods>()
        .AddSingleton<LedgerLatency>()
        .AddSingleton<InstanceTable>()
        .AddSingleton<OperationsDoor>()
        .AddSingleton<OperationsPage>()
        .AddHostedService<InstanceReporter>();

    private static IServiceCollection AddLedger(this IServiceCollection services, AppSettings settings)
    {
        services
            .AddSingleton<EntityRuns>()
            .AddSingleton<HubClient>()
            .AddSingleton<IEntityHub, DurableHub>();
        if (settings.Ledger == LedgerKind.Table)
        {
            services.TryAddSingleton<ILedger, TableLedger>();
            return services;
        }
        services.TryAddSingleton<ILedger, DurableLedger>();
        return services
            .AddSingleton(provider => new HubTables(provider.GetRequiredService<ITableStore>(), settings.TaskHub))
            .AddSingleton<HubWatch>()
            .AddHostedService(provider => provider.GetRequiredService<HubWatch>());
    }

    private static IServiceCollection AddQuotas(
        this IServiceCollection services, AppSettings settings, IStoreTime? storeTime)
    {
        var options = LimiterOptions(settings);
        services.TryAddSingleton<QuotaMetrics>();
        services.AddSingleton(provider => new StoreClock(
            storeTime, provider.GetRequiredService<ITableStore>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<StoreClock>>()));
        services.AddSingleton(provider => provider.GetRequiredService<StoreClock>().Clock);
        return services.AddSingleton(provider =>
        {
            var log = new LimiterLog(provider.GetRequiredService<ILogger<QuotaLimiter>>(), options.WhenLedgerUnavailable);
            var (metrics, time) = (provider.GetRequiredService<QuotaMetrics>(), provider.GetRequiredService<TimeProvider>());
            var limiter = new QuotaLimiter(
                new ObservedLedger(provider.GetRequiredService<ILedger>(), metrics, time),
                options,
                time,
                provider.GetRequiredService<CorrectedClock>())
            {
                TimeSetRight = log.TimeSetRight,
                OutageChanged = log.OutageChanged,
                LedgerStateChanged = log.StateChanged,
            };
            metrics.Observe(limiter);
            provider.GetRequiredService<LedgerPeriods>().Observe(limiter);
            return limiter;
        });
    }

    private static LimiterOptions LimiterOptions(AppSettings settings)
    {
        var options = new LimiterOptions { WhenLedgerUnavailable = settings.Quotas.WhenLedgerUnavailable };
        return settings.Ledger == LedgerKind.Entities ? options with
        {
            OperationTimeout = DurableLedger.AnswersWithin,
            MostOperationsInFlight = DurableLedger.MostOperations,
        } : options;
    }

    private static IServiceCollection AddSweeps(this IServiceCollection services, AppSettings settings) => services
        .AddSingleton(provider => new Sweeper(
            provider.GetRequiredService<ITableStore>(), settings.Usage.Retention, settings.Retention, provider.GetRequiredService<DocumentTable>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetService<HubTables>()))
        .AddSingleton(provider => new TenantRemoval(
            provider.GetRequiredService<ITableStore>(), provider.GetRequiredService<DocumentTable>(),
            new(provider.GetRequiredService<ITableStore>(), provider.GetService<HubTables>(), provider.GetRequiredService<KeyTable>()),
            provider.GetRequiredService<TimeProvider>()))
        .AddSingleton<HourlySweep>()
        .AddSingleton<SweepsFunctions>();

    private static IServiceCollection AddInfer(this IServiceCollection services) => services
        .AddSingleton<DeploymentTable>()
        .AddSingleton<DeploymentDirectory>()
        .AddSingleton(provider => new UpstreamClient(
            UpstreamClient.CreateHandler(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<UpstreamClient>>()))
        .AddSingleton<HttpBackend>()
        .AddSingleton<InferEndpoint>();

    private static IServiceCollection AddUpstreams(this IServiceCollection services, AppSettings settings)
    {
        if (settings.Upstreams.Count == 0)
            return services.AddSingleton<EndpointChoice>(static (_, own) => own);
        return services
            .AddHttpForwarder()
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<UpstreamForwarding>(provider, settings.Upstreams))
            .AddSingleton<EndpointChoice>(provider => provider.GetRequiredService<UpstreamForwarding>().Choose);
    }

    private static IServiceCollection AddIngestion(this IServiceCollection services, AppSettings settings) => services
        .AddSingleton(settings.Crawl)
        .AddSingleton<CrawlJobs>()
        .AddSingleton<CrawlPages>()
        .AddSingleton<CrawlQueue>()
        .AddSingleton<CrawlRun>()
        .AddSingleton<CrawlDelivery>()
        .AddSingleton<HeldMessages>()
        .AddSingleton<CrawlFunctions>()
        .AddSingleton<CrawlRecovery>()
        .AddSingleton(provider => new SiteClient(settings.Crawl, provider.GetRequiredService<TimeProvider>()))
        .AddSingleton<HostTurns>()
        .AddSingleton<PoliteClient>()
        .AddSingleton<SiteRules>()
        .AddSingleton<Sitemaps>()
        .AddSingleton<PageReader>()
        .AddSingleton<StartCrawl>()
        .AddSingleton<ListCrawls>()
        .AddSingleton<GetCrawl>()
        .AddSingleton<CancelCrawl>();

    private static IServiceCollection AddKnowledge(this IServiceCollection services, AppSettings settings)
    {
        if (settings.Llm is { } llm)
            services.AddSingleton(provider => new Generator(
                llm, Generator.CreateHandler(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<Generator>>()));
        return services
            .AddSingleton(settings.Knowledge)
            .AddSingleton<DocumentTable>()
            .AddSingleton<ListDocuments>()
            .AddSingleton<GetDocument>()
            .AddSingleton<DeleteDocument>()
            .AddSingleton<DeleteDocuments>()
            .AddSingleton(provider => new SearchIndexes(
                provider.GetRequiredService<DocumentTable>(), provider.GetRequiredService<TenantTurns>(), settings.Knowledge.MaxIndexBytes,
                provider.GetRequiredService<TimeProvider>()))
            .AddSingleton<SearchKnowledge>()
            .AddSingleton(provider => new Synthesize(
                provider.GetRequiredService<SearchIndexes>(), provider.GetRequiredService<DocumentTable>(), provider.GetService<Generator>(),
                provider.GetRequiredService<RequestUsage>()));
    }

    private static IServiceCollection AddAnalytics(this IServiceCollection services) => services
        .AddSingleton<EventJournal>()
        .AddSingleton<JournalCounts>()
        .AddSingleton<RecordEvents>()
        .AddSingleton<SummarizeEvents>();
}

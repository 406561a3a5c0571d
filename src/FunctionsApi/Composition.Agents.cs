using FunctionsApi.Agents;
using FunctionsApi.Agents.Analytics;
using FunctionsApi.Agents.Analytics.Journal;
using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Agents.Ingestion.Reading;
using FunctionsApi.Agents.Knowledge;
using FunctionsApi.Agents.Knowledge.Search;
using FunctionsApi.Agents.Knowledge.Synthesis;
using FunctionsApi.Api;
using FunctionsApi.Settings;
using FunctionsApi.Upstreams;
using FunctionsApi.Usage;

namespace FunctionsApi;

/// <summary>The agents API: its three areas, and the services of the operator's that an area may be forwarded to.</summary>
internal static partial class Composition
{
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

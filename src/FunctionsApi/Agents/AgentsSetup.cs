using FunctionsApi.Agents.Analytics;
using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Agents.Knowledge;

namespace FunctionsApi.Agents;

/// <summary>The agents API's parts and routes.</summary>
internal static class AgentsSetup
{
    public static IServiceCollection AddAgents(this IServiceCollection services, CrawlSettings crawl) => services
        .AddSingleton(crawl)
        .AddSingleton<CrawlJobs>()
        .AddSingleton<PageReader>()
        .AddSingleton<CrawlWorker>()
        .AddHostedService(provider => provider.GetRequiredService<CrawlWorker>())
        .AddSingleton<DocumentTable>()
        .AddSingleton<EventTable>();

    public static void MapAgents(this IEndpointRouteBuilder app)
    {
        StartCrawl.Map(app);
        GetCrawl.Map(app);
        SearchKnowledge.Map(app);
        Synthesize.Map(app);
        RecordEvents.Map(app);
        SummarizeEvents.Map(app);
    }
}

using FunctionsApi.Agents.Analytics;
using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Agents.Knowledge;
using FunctionsApi.Operations;

namespace FunctionsApi.Agents;

/// <summary>The agents API's parts and routes.</summary>
internal static class AgentsSetup
{
    public static IServiceCollection AddAgents(this IServiceCollection services, Settings settings)
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

    public static void MapAgents(this IEndpointRouteBuilder app)
    {
        StartCrawl.Map(app);
        GetCrawl.Map(app);
        CrawlFunction.Map(app);
        SearchKnowledge.Map(app);
        Synthesize.Map(app);
        RecordEvents.Map(app);
        SummarizeEvents.Map(app);
    }
}

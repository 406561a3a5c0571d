using FunctionsApi.Agents.Analytics;
using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Agents.Knowledge;

namespace FunctionsApi.Agents;

/// <summary>The agents API's routes.</summary>
internal static class AgentsSetup
{
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

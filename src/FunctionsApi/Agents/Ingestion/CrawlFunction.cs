using FunctionsApi.Hosting.Triggers;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>The function <c>crawl</c>: the Functions host hands over a message, and keeps it hidden from others meanwhile.</summary>
internal static class CrawlFunction
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var delivery = app.ServiceProvider.GetRequiredService<CrawlDelivery>();
        app.MapFunction("crawl", async (request, cancellationToken) =>
        {
            await delivery.HandleAsync(request.Message("message"), _ => Task.FromResult(true), cancellationToken);
            return new();
        });
    }
}

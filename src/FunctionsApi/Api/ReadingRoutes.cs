namespace FunctionsApi.Api;

/// <summary>Maps the routes that only show something: no credential, no quota.</summary>
internal static class ReadingRoutes
{
    private static readonly string[] Reading = ["GET", "HEAD"];

    /// <summary>Hands GET and HEAD to the handler, and answers every other method with 405.</summary>
    public static void MapReading(this IEndpointRouteBuilder app, string pattern, RequestDelegate handler)
    {
        app.MapMethods(pattern, Reading, handler);
        app.Map(pattern, http =>
        {
            http.Response.Headers.Allow = "GET, HEAD";
            ErrorResponse.Write(http, api: null, new(405, "method_not_allowed", "This address takes GET, HEAD."));
            return Task.CompletedTask;
        }).WithOrder(1);
    }
}

using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Api;

/// <summary>Maps the routes of the APIs.</summary>
internal static class ApiRoutes
{
    /// <param name="app">The application.</param>
    /// <param name="api">Whose shapes, subscriptions and partitions the route has.</param>
    /// <param name="method">In capitals.</param>
    /// <param name="pattern">A route pattern without constraints.</param>
    /// <param name="endpoint">The name that plans and usage know it by.</param>
    /// <param name="handler">Parses, asks, answers.</param>
    public static void MapApi(
        this IEndpointRouteBuilder app, ApiKind api, string method, string pattern, string endpoint, Func<ApiRequest, Task> handler)
    {
        var pipeline = app.ServiceProvider.GetRequiredService<ApiPipeline>();
        var route = new ApiRoute(api, method, pattern, endpoint, handler);
        app.MapMethods(pattern, [method], http => pipeline.InvokeAsync(http, route)).WithMetadata(route);
    }

    /// <summary>Answers every other method on the mapped routes with 405.</summary>
    /// <param name="app">The application, with all its routes mapped.</param>
    public static void MapOtherMethods(this IEndpointRouteBuilder app)
    {
        var routes = app.DataSources.SelectMany(source => source.Endpoints).SelectMany(endpoint => endpoint.Metadata.OfType<ApiRoute>());
        foreach (var pattern in routes.GroupBy(route => (route.Api, route.Pattern)).ToList())
            app.MapOther(pattern.Key.Api, pattern.Key.Pattern, WrongMethod(string.Join(", ", pattern.Select(route => route.Method).Order())));
    }

    private static void MapOther(this IEndpointRouteBuilder app, ApiKind api, string pattern, Func<ApiRequest, Task> handler)
    {
        var pipeline = app.ServiceProvider.GetRequiredService<ApiPipeline>();
        var route = new ApiRoute(api, "", pattern, ApiRoute.NoEndpoint, handler);
        app.Map(pattern, http => pipeline.InvokeAsync(http, route)).WithOrder(1);
    }

    private static Func<ApiRequest, Task> WrongMethod(string allow) => request =>
    {
        request.Http.Response.Headers.Allow = allow;
        throw new ApiException(405, "method_not_allowed", $"This address takes {allow}.");
    };
}

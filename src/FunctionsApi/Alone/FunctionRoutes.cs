using FunctionsApi.Functions;

namespace FunctionsApi.Alone;

/// <summary>Maps the functions on Kestrel, as the Functions host would.</summary>
internal static class FunctionRoutes
{
    public static void MapFunctions(this WebApplication app, IReadOnlyList<HttpFunction> functions)
    {
        foreach (var function in functions.Where(function => function.Methods.Count > 0))
            app.MapMethods($"/{function.Route}", function.Methods, function.CreateDelegate(app.Services));
    }

    /// <summary>
    /// Hands what no route takes to the function that takes everything. As a route it would match every other request as well,
    /// and cost each a third of what it allocates. For a method that a route does not take, the framework makes an endpoint of its own,
    /// which is none of a route.
    /// </summary>
    public static void UseUnknownRoutes(this WebApplication app, IReadOnlyList<HttpFunction> functions)
    {
        var unknown = functions.Single(function => function.Methods.Count == 0).CreateDelegate(app.Services);
        app.Use(next => http => http.GetEndpoint() is RouteEndpoint ? next(http) : unknown(http));
    }
}

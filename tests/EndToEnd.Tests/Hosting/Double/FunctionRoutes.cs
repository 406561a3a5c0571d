using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing.Template;

namespace FunctionsApi.EndToEnd.Tests.Hosting.Double;

/// <summary>
/// Finds a request's function as the host does: a literal route beats a catch-all but falls through for a method that it
/// lacks, a catch-all matches the bare prefix as well, and case is ignored.
/// </summary>
internal sealed class FunctionRoutes(IEnumerable<Function> functions)
{
    private readonly (Function Function, TemplateMatcher Matcher)[] _routes =
    [
        .. from function in functions
           let route = function.Route
           where route is not null
           orderby RoutePrecedence.ComputeInbound(route)
           select (function, new TemplateMatcher(route, [])),
    ];

    /// <returns>Null where the host answers 404 itself.</returns>
    public Function? Find(string method, PathString path) => All(method, path).FirstOrDefault();

    /// <summary>Every function that a request could go to, the one that gets it first.</summary>
    public IEnumerable<Function> All(string method, PathString path) =>
        from route in _routes
        where !path.StartsWithSegments("/admin", StringComparison.OrdinalIgnoreCase)
        where route.Function.Methods.Contains(method) && route.Matcher.TryMatch(path, [])
        select route.Function;
}

using Microsoft.AspNetCore.Routing.Template;

namespace FunctionsApi.Functions;

/// <summary>Which methods a path takes.</summary>
internal sealed class AllowedMethods(IEnumerable<HttpFunction> functions)
{
    private readonly (TemplateMatcher Path, IReadOnlyList<string> Methods)[] _routes =
    [
        .. functions
            .Where(function => function.Methods.Count > 0)
            .Select(function => (new TemplateMatcher(TemplateParser.Parse(function.Route), []), function.Methods)),
    ];

    /// <returns>As in the header Allow; null where no function has a route to the path.</returns>
    public string? At(PathString path)
    {
        var methods = _routes.Where(route => route.Path.TryMatch(path, [])).SelectMany(route => route.Methods).Distinct().Order();
        return string.Join(", ", methods) is { Length: > 0 } allow ? allow : null;
    }
}

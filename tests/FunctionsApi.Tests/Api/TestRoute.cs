using FunctionsApi.Api;
using FunctionsApi.Functions;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Tests.Api;

/// <summary>A route of an API, with each of its methods. HEAD is left out: it does as GET does.</summary>
internal sealed record TestRoute(ApiKind Api, string Method, string Pattern)
{
    public static IReadOnlyList<TestRoute> Of(IEnumerable<HttpFunction> functions) =>
    [
        .. from function in functions
           from method in function.Methods
           where method != "HEAD"
           let pattern = "/" + function.Route
           let api = ApiPaths.ApiAt(pattern)
           where api is not null
           select new TestRoute(api.Value, method, pattern),
    ];
}

using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Api;

/// <summary>Where a request of an API goes.</summary>
/// <param name="Api">Which API.</param>
/// <param name="Method">In capitals; empty for the routes that answer what no other does.</param>
/// <param name="Pattern">A route pattern, for example <c>/api/v1/ingestion/crawl/{id}</c>.</param>
/// <param name="Endpoint">The name that plans and usage know it by, for example <c>crawl</c>.</param>
/// <param name="Handler">Parses, asks, answers.</param>
internal sealed record ApiRoute(ApiKind Api, string Method, string Pattern, string Endpoint, Func<ApiRequest, Task> Handler)
{
    /// <summary>The endpoint of what is mapped to no endpoint.</summary>
    public const string NoEndpoint = "";
}

using FunctionsApi.Api;

namespace FunctionsApi.Health;

/// <summary>
/// Serves the OpenAPI document. It is kept by hand, because what a customer needs of it (headers, refusals, both error
/// shapes, examples) is in no signature that a generator could read; a test compares it with the mapped routes.
/// </summary>
internal static class OpenApi
{
    private static readonly Lazy<FixedAnswer> Document = new(() => FixedAnswer.BuiltIn("openapi.json", "application/json"));

    public static Task WriteAsync(HttpContext http)
    {
        http.Response.Headers.CacheControl = "public, max-age=300";
        return Document.Value.WriteAsync(http);
    }
}

using System.Security.Cryptography;

namespace FunctionsApi.Health;

/// <summary>
/// Serves the OpenAPI document. It is kept by hand, because what a customer needs of it (headers, refusals, both error
/// shapes, examples) is in no signature that a generator could read; a test compares it with the mapped routes.
/// </summary>
internal static class OpenApi
{
    private static readonly Lazy<(byte[] Bytes, string ETag)> Document = new(Read);

    public static async Task WriteAsync(HttpContext http)
    {
        var (bytes, eTag) = Document.Value;
        http.Response.Headers.ETag = eTag;
        http.Response.Headers.CacheControl = "public, max-age=300";
        if (http.Request.Headers.IfNoneMatch == eTag)
        {
            http.Response.StatusCode = 304;
            return;
        }

        http.Response.ContentType = "application/json";
        http.Response.ContentLength = bytes.Length;
        await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
    }

    private static (byte[] Bytes, string ETag) Read()
    {
        using var resource = typeof(OpenApi).Assembly.GetManifestResourceStream("openapi.json")!;
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return (bytes, $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 8))}\"");
    }
}

using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FunctionsApi.Api;
using Microsoft.Net.Http.Headers;

namespace FunctionsApi.Agents;

/// <summary>An answer that its client may keep for a while, and ask whether it still holds.</summary>
internal static class CacheableAnswer
{
    private const int MaxAgeSeconds = 300;

    /// <summary>Answers 200, or 304 where the client has this very answer.</summary>
    public static void AnswerCacheable<T>(this ApiRequest request, T value, JsonTypeInfo<T> type)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(value, type);
        var eTag = $"\"{Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, 16))}\"";
        var headers = request.Http.Response.Headers;
        headers.ETag = eTag;
        headers.CacheControl = $"private, max-age={MaxAgeSeconds}";
        // One client may hold several keys, and one key's answer is not another's.
        headers.Vary = HeaderNames.Authorization;

        if (Has(request.Http.Request, eTag))
            request.Http.Response.StatusCode = StatusCodes.Status304NotModified;
        else
            request.Answer(200, body);
    }

    private static bool Has(HttpRequest request, string eTag)
    {
        var current = new EntityTagHeaderValue(eTag);
        return request.GetTypedHeaders().IfNoneMatch.Any(known =>
            known.Equals(EntityTagHeaderValue.Any) || known.Compare(current, useStrongComparison: false));
    }
}

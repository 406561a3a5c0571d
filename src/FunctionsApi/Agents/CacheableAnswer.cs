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
        var headers = request.Http.Response.Headers;
        headers.CacheControl = $"private, max-age={MaxAgeSeconds}";
        // One client may hold several keys, and one key's answer is not another's.
        headers.Append(HeaderNames.Vary, HeaderNames.Authorization);
        if (!request.Http.IsKnown(EntityTag.Of(body)))
            request.Answer(200, body);
    }
}

using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Net.Http.Headers;

namespace FunctionsApi.Api;

/// <summary>An answer that its client may keep for a while, and ask whether it still holds.</summary>
internal static class CacheableAnswer
{
    /// <summary>What the agents contract advises for searches and summaries: 5 minutes.</summary>
    private const int AdvisedMaxAgeSeconds = 300;

    /// <summary>Answers 200, or 304 where the client has this very answer.</summary>
    public static void AnswerCacheable<T>(this ApiRequest request, T value, JsonTypeInfo<T> type) =>
        request.AnswerCacheable(JsonSerializer.SerializeToUtf8Bytes(value, type), AdvisedMaxAgeSeconds);

    /// <inheritdoc cref="AnswerCacheable{T}"/>
    /// <param name="request">Whose answer.</param>
    /// <param name="body">All of it.</param>
    /// <param name="maxAgeSeconds">For how long the client need not ask.</param>
    /// <param name="contentType">Of the body.</param>
    public static void AnswerCacheable(this ApiRequest request, ReadOnlySpan<byte> body, int maxAgeSeconds, string contentType = "application/json")
    {
        var headers = request.Http.Response.Headers;
        headers.CacheControl = $"private, max-age={maxAgeSeconds}";
        // One client may hold several keys, and one key's answer is not another's.
        headers.Append(HeaderNames.Vary, HeaderNames.Authorization);
        if (!request.Http.IsKnown(EntityTag.Of(body)))
            request.Answer(200, body, contentType);
    }
}

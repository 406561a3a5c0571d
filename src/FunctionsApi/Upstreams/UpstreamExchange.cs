using FunctionsApi.Api;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Forwarder;

namespace FunctionsApi.Upstreams;

/// <summary>What of one request goes to an upstream, and what of its answer comes back: no header that is not named here.</summary>
internal sealed class UpstreamExchange(ApiRequest request, PathString area, Upstream upstream) : HttpTransformer
{
    private static readonly string[] Sent =
    [
        HeaderNames.Accept, HeaderNames.AcceptLanguage, HeaderNames.ContentType, HeaderNames.ContentEncoding, HeaderNames.ContentLanguage,
        HeaderNames.IfNoneMatch, HeaderNames.IfModifiedSince,
    ];

    private static readonly string[] PassedOn =
    [
        HeaderNames.ContentType, HeaderNames.ContentEncoding, HeaderNames.ContentLanguage, HeaderNames.ContentLength, HeaderNames.ETag,
        HeaderNames.LastModified, HeaderNames.CacheControl, HeaderNames.Vary,
    ];

    /// <summary>The status where the upstream has failed, whose body is not passed on; null where it has not.</summary>
    public int? Failure { get; private set; }

    public override ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        httpContext.Request.Path.StartsWithSegments(area, out var rest);
        proxyRequest.RequestUri = RequestUtilities.MakeDestinationAddress(destinationPrefix, rest, httpContext.Request.QueryString);
        foreach (var name in Sent)
            if (httpContext.Request.Headers.TryGetValue(name, out var values))
                Add(proxyRequest, name, values.AsEnumerable());
        Add(proxyRequest, "X-Tenant-Id", request.Caller.Tenant);
        // A JWT's user may be called as nobody could write into a header.
        Add(proxyRequest, "X-User-Id", Uri.EscapeDataString(request.Caller.User));
        if (request.Caller.KeyId is { } key)
            Add(proxyRequest, "X-Key-Id", key);
        if (upstream.Authorization is { } authorization)
            Add(proxyRequest, HeaderNames.Authorization, authorization);
        return default;
    }

    public override ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null)
            return new(false);
        httpContext.Features.Get<IHttpResponseFeature>()?.ReasonPhrase = null;
        if ((int)proxyResponse.StatusCode >= 500)
        {
            Failure = (int)proxyResponse.StatusCode;
            return new(false);
        }

        foreach (var name in PassedOn)
            if (proxyResponse.Headers.TryGetValues(name, out var values) || proxyResponse.Content.Headers.TryGetValues(name, out values))
                httpContext.Response.Headers[name] = values.ToArray();
        // Elsewhere it would lead past the limits, or into the operator's network.
        if (proxyResponse.Headers.Location is { IsAbsoluteUri: false } location)
            httpContext.Response.Headers.Location = location.OriginalString;
        return new(true);
    }

    public override ValueTask TransformResponseTrailersAsync(
        HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken) => default;

    private static void Add(HttpRequestMessage message, string name, IEnumerable<string?> values)
    {
        if (!message.Headers.TryAddWithoutValidation(name, values))
            message.Content?.Headers.TryAddWithoutValidation(name, values);
    }

    private static void Add(HttpRequestMessage message, string name, string value) => message.Headers.TryAddWithoutValidation(name, value);
}

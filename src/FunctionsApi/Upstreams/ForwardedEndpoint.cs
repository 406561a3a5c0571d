using System.Net;
using FunctionsApi.Api;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace FunctionsApi.Upstreams;

/// <summary>An endpoint that an upstream answers in place of this program.</summary>
/// <param name="own">The endpoint whose place it takes: its name, limits and usage.</param>
/// <param name="area">How the addresses begin that the upstream answers.</param>
/// <param name="upstream">Who that is.</param>
/// <param name="forwarder">Does the forwarding.</param>
/// <param name="invoker">Sends.</param>
/// <param name="logger">Is told what failed.</param>
internal sealed partial class ForwardedEndpoint(
    ApiEndpoint own, PathString area, Upstream upstream, IHttpForwarder forwarder, HttpMessageInvoker invoker, ILogger logger)
    : ApiEndpoint(own.Api, own.Name)
{
    private const long MaxBodyBytes = 16 * 1024 * 1024;

    private readonly ForwarderRequestConfig _config = new()
    {
        ActivityTimeout = upstream.Timeout,
        Version = HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
    };

    public override async Task HandleAsync(ApiRequest request)
    {
        var http = request.Http;
        RequireNotTooLong(http);
        if (!await request.AcquireAsync())
            return;

        var exchange = new UpstreamExchange(request, area, upstream);
        var error = await forwarder.SendAsync(http, upstream.Url, invoker, _config, exchange);
        if (http.RequestAborted.IsCancellationRequested)
            return;
        if (error != ForwarderError.None)
            Fail(http, error);
        else if (exchange.Failure is { } status)
            Fail(http, new(502, "upstream_failed", $"The service behind this endpoint answered with status {status}."), $"it answered with status {status}.");
    }

    private static void RequireNotTooLong(HttpContext http)
    {
        if (http.Request.ContentLength > MaxBodyBytes)
            throw TooLong();
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = MaxBodyBytes;
    }

    private static ApiException TooLong() => new(413, "body_too_large", $"The body is longer than {MaxBodyBytes} bytes.");

    private void Fail(HttpContext http, ForwarderError error)
    {
        var exception = http.Features.Get<IForwarderErrorFeature>()?.Exception;
        if (exception is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } or { InnerException: BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } })
            throw TooLong();
        if (exception is BadHttpRequestException or { InnerException: BadHttpRequestException })
            throw new ApiException(400, "bad_request", "The request is not valid HTTP.");
        Fail(
            http,
            error == ForwarderError.RequestTimedOut
                ? new(504, "upstream_timeout", "The service behind this endpoint did not answer in time.")
                : new(502, "upstream_unreachable", "The service behind this endpoint cannot be reached, or broke off its answer."),
            $"{error}.");
    }

    private void Fail(HttpContext http, ApiError error, string detail)
    {
        Log.Failed(logger, upstream.Area, detail);
        if (http.Response.HasStarted)
            http.Abort();
        else
            throw new ApiException(error);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The upstream of {Area} failed: {Detail}")]
        public static partial void Failed(ILogger logger, string area, string detail);
    }
}

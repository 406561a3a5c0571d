using System.Collections.Frozen;
using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;

namespace FunctionsApi.Telemetry;

/// <summary>
/// Names the framework's span of each request by its route, and describes it as the semantic conventions for HTTP do. What
/// the caller made up is left out: the query, headers, and the path where it is none of ours.
/// </summary>
internal sealed class RequestSpans : IStartupFilter
{
    private static readonly FrozenSet<string> Methods =
        FrozenSet.Create("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE");

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(DescribeAsync);
        next(app);
    };

    private static async Task DescribeAsync(HttpContext http, RequestDelegate next)
    {
        try
        {
            await next(http);
        }
        finally
        {
            if (http.Features.Get<IHttpActivityFeature>()?.Activity is { IsAllDataRequested: true } span)
                Describe(span, http);
        }
    }

    private static void Describe(Activity span, HttpContext http)
    {
        var (request, response) = (http.Request, http.Response);
        var method = Methods.Contains(request.Method) ? request.Method : "_OTHER";
        span.SetTag("http.request.method", method);
        span.SetTag("url.scheme", request.Scheme);
        span.SetTag("network.protocol.version", request.Protocol.Split('/')[^1]);
        span.SetTag("http.response.status_code", response.StatusCode);
        span.DisplayName = method;
        if (http.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } route })
        {
            span.SetTag("http.route", route);
            span.SetTag("url.path", request.Path.Value);
            span.DisplayName = $"{method} {route}";
        }

        if (response.StatusCode >= 500)
            span.SetStatus(ActivityStatusCode.Error);
    }
}

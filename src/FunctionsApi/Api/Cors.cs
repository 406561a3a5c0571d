// A browser lets a page of another origin call us only where we say that its origin may, and asks first, by a preflight: OPTIONS without a
// credential. One setting names the origins, and the answers are the same alone and under the Functions host. Requests carry their credential in a
// header that the page itself sets and never in a cookie, so an allowed origin gains nothing that it could not do by other means.

using FunctionsApi.Settings;
using Microsoft.AspNetCore.Cors.Infrastructure;

namespace FunctionsApi.Api;

/// <summary>Answers preflights, and marks the answers that pages of other origins may read.</summary>
internal sealed class Cors(ICorsService service, CrossOriginOptions settings)
{
    // Browsers keep an answer for no longer than 2 hours (Chromium) or 24 (Firefox).
    private static readonly TimeSpan MaxAge = TimeSpan.FromHours(2);

    private static readonly string[] Exposed =
    [
        "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After", "RateLimit", "RateLimit-Policy",
        "ETag", "Location", "Allow", "WWW-Authenticate",
    ];

    private readonly CorsPolicy _policy = new CorsPolicyBuilder([.. settings.Origins])
        .WithMethods("GET", "HEAD", "POST", "PUT", "DELETE")
        .AllowAnyHeader()
        .WithExposedHeaders(Exposed)
        .SetPreflightMaxAge(MaxAge)
        .Build();

    /// <summary>Before anything else is done for a request: a preflight costs nothing and needs no credential.</summary>
    /// <returns>Whether it was a preflight, and has been answered.</returns>
    public bool Answers(HttpContext http)
    {
        if (http.Request.Headers.Origin.Count == 0)
            return false;
        var result = service.EvaluatePolicy(http, _policy);
        if (!result.IsPreflightRequest)
        {
            service.ApplyResult(result, http.Response);
            return false;
        }

        if (result.IsOriginAllowed)
            Allow(http, result);
        else
            ErrorResponse.Write(http, ApiPaths.ApiAt(http.Request.Path), new(
                403, "origin_not_allowed", "Web pages of this origin may not call this API. Its operator allows origins by Cors__AllowedOrigins."));
        return true;
    }

    private void Allow(HttpContext http, CorsResult result)
    {
        service.ApplyResult(result, http.Response);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}

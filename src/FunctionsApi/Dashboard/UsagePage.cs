// The page holds no data and asks for no credential. Its visitor gives it one, which stays in the browser, and its script
// calls GET /api/v1/usage with it. So the page is the same for everybody, and the API alone decides who sees what.

using System.Collections.Frozen;
using FunctionsApi.Api;

namespace FunctionsApi.Dashboard;

/// <summary><c>GET /dashboard/settings/usage</c>: rate limit status and consumption, for people.</summary>
internal sealed class UsagePage(PageSettings settings)
{
    public const string Route = "dashboard/settings/usage";
    public const string Page = "page.html";

    private readonly FrozenDictionary<string, PageFile> _files =
        PageFile.ReadAll().Append(settings.ToFile()).ToFrozenDictionary(file => file.Name);

    // Markup that got into the page by mistake could neither run nor send anything anywhere.
    private readonly string _policy =
        $"default-src 'none'; script-src 'self'; style-src 'self'; connect-src {string.Join(' ', "'self'", settings.SignIn?.Origin).TrimEnd()}; "
        + "img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    public Task AnswerAsync(HttpContext http, string name)
    {
        if (!_files.TryGetValue(name, out var file))
        {
            ErrorResponse.Write(http, api: null, ApiError.NotFound);
            return Task.CompletedTask;
        }

        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = _policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        // Asked for again each time, so that a page never runs with the script of another release.
        headers.CacheControl = "no-cache";
        return file.Answer.WriteAsync(http);
    }
}

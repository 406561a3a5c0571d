using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace FunctionsApi.EndToEnd.Tests.Hosting.Double;

/// <summary>
/// <c>enableForwardingHttpRequest</c>: the request is rebuilt with a whole body, the answer is buffered, and nobody notices
/// a client that goes away.
/// </summary>
internal static class Forwarding
{
    private const int MaxBodyBytes = 104_857_600;
    private const string Host = "azure-functions-host/4.1037";

    private static readonly string[] Dropped =
        ["Content-Encoding", "Content-Language", "Content-Length", "Connection", "Keep-Alive", "Transfer-Encoding", "Upgrade", "Expect"];

    public static async Task SendAsync(HttpContext http, HttpMessageInvoker handlers, Uri handler)
    {
        if (!CanBeRebuilt(http))
        {
            http.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return;
        }

        try
        {
            using var request = await CreateAsync(http, handler);
            using var answer = await handlers.SendAsync(request, CancellationToken.None);
            var body = await answer.Content.ReadAsByteArrayAsync(CancellationToken.None);
            HostAnswer.CopyHead(answer, http.Response);
            if (body.Length == 0)
                return;
            http.Response.ContentLength = body.Length;
            await http.Response.Body.WriteAsync(body, http.RequestAborted);
        }
        catch (HttpRequestException)
        {
            http.Response.StatusCode = StatusCodes.Status500InternalServerError;
        }
    }

    private static bool CanBeRebuilt(HttpContext http) =>
        http.Request.ContentLength is { } length ? length <= MaxBodyBytes : http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false };

    private static async Task<HttpRequestMessage> CreateAsync(HttpContext http, Uri handler)
    {
        var from = http.Request;
        var request = new HttpRequestMessage(new(from.Method), new Uri(handler, from.Path.ToUriComponent() + Rebuilt(from.Query)));
        if (from.ContentLength > 0)
        {
            var body = new MemoryStream();
            await from.Body.CopyToAsync(body, http.RequestAborted);
            request.Content = new ByteArrayContent(body.ToArray());
        }

        foreach (var (name, values) in from.Headers.Where(header => !Dropped.Contains(header.Key, StringComparer.OrdinalIgnoreCase)))
            if (!request.Headers.TryAddWithoutValidation(name, values.AsEnumerable()))
                request.Content?.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
        request.Headers.TryAddWithoutValidation("User-Agent", Host);
        request.Headers.TryAddWithoutValidation("X-Azure-Functions-HostVersion", "4.1037.0.0");
        request.Headers.TryAddWithoutValidation("X-Azure-Functions-InvocationId", $"{Guid.NewGuid()}");
        return request;
    }

    /// <summary>Repeated names are joined by a comma, and a space is %20.</summary>
    private static string Rebuilt(IQueryCollection query) => query.Count == 0
        ? ""
        : "?" + string.Join('&', query.Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(string.Join(',', pair.Value.ToArray()))}"));
}

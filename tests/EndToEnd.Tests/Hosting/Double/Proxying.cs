using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace FunctionsApi.EndToEnd.Tests.Hosting.Double;

/// <summary>
/// <c>enableProxyingHttpRequest</c>: bodies stream both ways, a client that goes away is noticed, the client is named in
/// X-Forwarded-For, -Host and -Proto, and a GET is sent again where the connection fails.
/// </summary>
internal static class Proxying
{
    private const int MaxRepeats = 10;

    private static readonly string[] OfTheConnection = ["Host", "Connection", "Keep-Alive", "Transfer-Encoding", "Upgrade", "Expect"];

    public static async Task SendAsync(HttpContext http, HttpMessageInvoker handlers, Uri handler)
    {
        HttpResponseMessage answer;
        try
        {
            answer = await SendAgainAsync(http, handlers, handler);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            http.Response.StatusCode = StatusCodes.Status502BadGateway;
            return;
        }

        using (answer)
            await PassAsync(answer, http);
    }

    private static async Task<HttpResponseMessage> SendAgainAsync(HttpContext http, HttpMessageInvoker handlers, Uri handler)
    {
        for (var repeats = 0; ; repeats++)
        {
            try
            {
                using var request = Create(http, handler);
                return await handlers.SendAsync(request, http.RequestAborted);
            }
            catch (HttpRequestException exception)
                when (exception.InnerException is SocketException or IOException && HttpMethods.IsGet(http.Request.Method) && repeats < MaxRepeats)
            {
            }
        }
    }

    private static HttpRequestMessage Create(HttpContext http, Uri handler)
    {
        var from = http.Request;
        var request = new HttpRequestMessage(new(from.Method), new Uri(handler, from.Path.ToUriComponent() + from.QueryString));
        if (http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
            request.Content = new StreamContent(from.Body);
        foreach (var (name, values) in from.Headers.Where(header => !IsOfTheConnection(header.Key)))
            Add(request, name, values!);

        Add(request, "X-Forwarded-For", $"{http.Connection.RemoteIpAddress}");
        Add(request, "X-Forwarded-Host", $"{from.Host}");
        Add(request, "X-Forwarded-Proto", from.Scheme);
        request.Headers.Remove("x-ms-invocation-id");
        Add(request, "x-ms-invocation-id", $"{Guid.NewGuid()}");
        return request;
    }

    private static async Task PassAsync(HttpResponseMessage answer, HttpContext http)
    {
        HostAnswer.CopyHead(answer, http.Response);
        try
        {
            await using var body = await answer.Content.ReadAsStreamAsync(http.RequestAborted);
            var piece = new byte[16 * 1024];
            while (await body.ReadAsync(piece, http.RequestAborted) is > 0 and var length)
            {
                await http.Response.Body.WriteAsync(piece.AsMemory(0, length), http.RequestAborted);
                await http.Response.Body.FlushAsync(http.RequestAborted);
            }
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or OperationCanceledException)
        {
            http.Abort();
        }
    }

    private static void Add(HttpRequestMessage request, string name, params IEnumerable<string> values)
    {
        if (!request.Headers.TryAddWithoutValidation(name, values))
            request.Content?.Headers.TryAddWithoutValidation(name, values);
    }

    private static bool IsOfTheConnection(string name) => OfTheConnection.Contains(name, StringComparer.OrdinalIgnoreCase);
}

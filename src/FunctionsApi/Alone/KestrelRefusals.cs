// What is no valid HTTP, too long or too slow, Kestrel refuses by itself, before any middleware runs and with nothing but a status
// (400, 408, 414, 431 and some rarer ones). It tells of it by a diagnostic event just before it writes that answer, and we write ours in its
// place. Two connections keep Kestrel's: one by HTTP/2, whose frames are not ours to write, and one by TLS, which lies above our bytes.

using System.Diagnostics;
using System.IO.Pipelines;
using System.Text;
using FunctionsApi.Api;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.WebUtilities;

namespace FunctionsApi.Alone;

/// <summary>Gives Kestrel's own refusals the shape of an API's errors.</summary>
internal sealed class KestrelRefusals(TimeProvider time) : IObserver<KeyValuePair<string, object?>>
{
    private const string Refused = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    public static void Watch(KestrelServerOptions kestrel) => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Use(next => connection =>
    {
        var output = new ReplaceableOutput(connection.Transport.Output);
        connection.Transport = new Duplex(connection.Transport.Input, output);
        connection.Features.Set(output);
        return next(connection);
    }));

    public static void Watch(IServiceProvider services) =>
        services.GetRequiredService<DiagnosticListener>().Subscribe(new KestrelRefusals(services.GetRequiredService<TimeProvider>()), name => name == Refused);

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Value is IFeatureCollection features
            && features.Get<ReplaceableOutput>() is { } output
            && features.Get<ITlsConnectionFeature>() is null
            && features.GetRequiredFeature<IHttpRequestFeature>() is var request && !HttpProtocol.IsHttp2(request.Protocol ?? "")
            && features.GetRequiredFeature<IHttpResponseFeature>() is { HasStarted: false } response)
            output.Replace(Answer(request, response));
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    // What is known of the request is what was read of it: no path where its first line was at fault, no headers where they were.
    private byte[] Answer(IHttpRequestFeature request, IHttpResponseFeature refusal)
    {
        using var body = new MemoryStream();
        var http = new DefaultHttpContext { Response = { Body = body } };
        http.Request.Headers.Accept = request.Headers.Accept;
        http.Response.Headers.Allow = refusal.Headers.Allow;
        ErrorResponse.Write(http, ApiPaths.ApiAt(request.Path ?? ""), ErrorOf(refusal.StatusCode));
        http.Response.BodyWriter.Complete();
        return [.. Head(http.Response), .. HttpMethods.IsHead(request.Method ?? "") ? [] : body.ToArray()];
    }

    private byte[] Head(HttpResponse response)
    {
        var head = new StringBuilder($"HTTP/1.1 {response.StatusCode} {ReasonPhrases.GetReasonPhrase(response.StatusCode)}\r\n");
        foreach (var (name, value) in response.Headers)
            head.Append(null, $"{name}: {value}\r\n");
        return Encoding.ASCII.GetBytes(head.Append(null, $"Connection: close\r\nDate: {time.GetUtcNow():R}\r\n\r\n").ToString());
    }

    private static ApiError ErrorOf(int status) => new(
        status,
        ReasonPhrases.GetReasonPhrase(status).ToLowerInvariant().Replace(' ', '_'),
        status switch
        {
            408 => "The request took too long to arrive.",
            411 => "The request needs a Content-Length.",
            414 => "The address is too long.",
            431 => "The headers are too long or too many.",
            505 => "Send the request as HTTP/1.1.",
            _ => "The request is not valid HTTP.",
        });

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

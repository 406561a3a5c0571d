using System.Text.Json;
using FunctionsApi.TestKit.Hosting.Bindings;
using FunctionsApi.TestKit.Hosting.Protocol;
using FunctionsApi.TestKit.Hosting.Workers;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace FunctionsApi.TestKit.Hosting.Http;

/// <summary>
/// Brings a request to its function twice, as the host does: over HTTP to the worker's port, with the invocation's id in
/// <c>x-ms-invocation-id</c>, and as that invocation. The client gets the worker's answer where both succeed, else an empty 500.
/// </summary>
internal sealed class HttpProxy(IHttpForwarder forwarder, Worker worker, Invocations invocations) : IDisposable
{
    private static readonly ForwarderRequestConfig Config = new() { ActivityTimeout = TimeSpan.FromSeconds(240) };

    private readonly HttpMessageInvoker _client = new(new RetryHandler(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,
    }));

    public async Task SendAsync(HttpContext http, Function function)
    {
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        try
        {
            var channel = await worker.ChannelAsync().WaitAsync(http.RequestAborted);
            var invocation = await invocations.CreateAsync(function, new() { Http = new() }, Metadata(http.Request), http.RequestAborted);
            invocation.TraceContext.TraceParent = http.Request.Headers.TraceParent.ToString();
            // The host adds it, and so keeps the one that a client may have sent.
            http.Request.Headers.TryAdd("x-ms-invocation-id", invocation.InvocationId);
            var forwarding = forwarder.SendAsync(http, channel.Capabilities["HttpUri"], _client, Config, HttpTransformer.Default, lost.Token).AsTask();
            var succeeded = await SucceedsAsync(channel, invocation, http.RequestAborted);
            if (!succeeded)
                await lost.CancelAsync();
            if (await forwarding != ForwarderError.None || !succeeded)
                Fail(http);
        }
        catch (WorkerLostException)
        {
            Fail(http);
        }
        catch (OperationCanceledException)
        {
            // The client is gone.
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<bool> SucceedsAsync(WorkerChannel channel, InvocationRequest invocation, CancellationToken cancellationToken)
    {
        try
        {
            return (await invocations.SendAsync(channel, invocation, cancellationToken)).Succeeded;
        }
        catch (WorkerLostException)
        {
            return false;
        }
    }

    // A function's other parameters are bound to these: the route's values by their names.
    private static Dictionary<string, TypedData> Metadata(HttpRequest request)
    {
        var metadata = new Dictionary<string, TypedData>
        {
            ["Headers"] = Json(request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString())),
            ["Query"] = Json(request.Query.ToDictionary(pair => pair.Key, pair => pair.Value.ToString())),
        };
        foreach (var (name, value) in request.RouteValues)
        {
            if (value is string text)
                metadata[name] = new() { String = text };
        }

        return metadata;
    }

    private static TypedData Json(Dictionary<string, string> values) => new() { Json = JsonSerializer.Serialize(values) };

    private static void Fail(HttpContext http)
    {
        if (http.Response.HasStarted)
        {
            http.Abort();
            return;
        }

        http.Response.Clear();
        http.Response.StatusCode = StatusCodes.Status500InternalServerError;
    }
}

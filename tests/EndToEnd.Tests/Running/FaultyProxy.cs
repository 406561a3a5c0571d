using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace FunctionsApi.EndToEnd.Tests.Running;

/// <summary>What a <see cref="FaultyProxy"/> does to requests.</summary>
public enum Fault
{
    None,

    /// <summary>Passes them on 300 ms late.</summary>
    Delay,

    /// <summary>Breaks the connection off.</summary>
    Cut,

    /// <summary>Takes them and never answers.</summary>
    Swallow,

    /// <summary>Answers 503 with Retry-After.</summary>
    Throttle,

    /// <summary>Answers 200 with what no table service says.</summary>
    Garble,

    /// <summary>Passes every second one on and breaks the connection off instead of answering.</summary>
    LoseAnswers,
}

/// <summary>Stands between servers and their table service, and does harm when it is told to.</summary>
internal sealed class FaultyProxy : IAsyncDisposable
{
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(300);

    private readonly WebApplication _app;
    private readonly HttpClient _service = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });
    private readonly Azurite _azurite;
    private readonly CancellationTokenSource _over = new();
    private int _requests;
    private int _passing;

    private FaultyProxy(Azurite azurite)
    {
        _azurite = azurite;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    public Fault Fault { get; private set; }

    /// <summary>Requests so far.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>As the service's own, by way of this proxy.</summary>
    public string ConnectionString =>
        _azurite.ConnectionString.Replace($"http://127.0.0.1:{_azurite.Port}", _app.Urls.Single(), StringComparison.Ordinal);

    public static async Task<FaultyProxy> StartAsync(Azurite azurite)
    {
        var proxy = new FaultyProxy(azurite);
        await proxy._app.StartAsync();
        return proxy;
    }

    /// <summary>What was swallowed stays so; what comes from now on meets this.</summary>
    public void Do(Fault fault) => Fault = fault;

    /// <summary>Until nothing is on its way through it any more.</summary>
    public Task DrainAsync() => Patience.UntilAsync(() => Task.FromResult(Volatile.Read(ref _passing) == 0), "requests on their way");

    public async ValueTask DisposeAsync()
    {
        // Kestrel waits for requests in flight before it stops.
        await _over.CancelAsync();
        await _app.DisposeAsync();
        _service.Dispose();
        _over.Dispose();
    }

    private Task AnswerAsync(HttpContext http)
    {
        var number = Interlocked.Increment(ref _requests);
        return Fault switch
        {
            Fault.Delay => PassLateAsync(http),
            Fault.Cut => Cut(http),
            Fault.Swallow => SwallowAsync(http),
            Fault.Throttle => ThrottleAsync(http),
            Fault.Garble => http.Response.WriteAsync("<html>It works!</html>"),
            Fault.LoseAnswers when number % 2 == 0 => LoseAnswerAsync(http),
            _ => PassAsync(http),
        };
    }

    private async Task PassLateAsync(HttpContext http)
    {
        using var timer = new PeriodicTimer(Late);
        await timer.WaitForNextTickAsync(_over.Token);
        await PassAsync(http);
    }

    private static Task Cut(HttpContext http)
    {
        http.Abort();
        return Task.CompletedTask;
    }

    private async Task SwallowAsync(HttpContext http)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, _over.Token);
        await new TaskCompletionSource().Task.WaitAsync(gone.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        http.Abort();
    }

    private static Task ThrottleAsync(HttpContext http)
    {
        http.Response.StatusCode = 503;
        http.Response.Headers.RetryAfter = "1";
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(
            """{"odata.error":{"code":"ServerBusy","message":{"lang":"en-US","value":"The server is busy."}}}""");
    }

    private async Task LoseAnswerAsync(HttpContext http)
    {
        using var answer = await SendAsync(http);
        http.Abort();
    }

    private async Task PassAsync(HttpContext http)
    {
        Interlocked.Increment(ref _passing);
        try
        {
            using var answer = await SendAsync(http);
            http.Response.StatusCode = (int)answer.StatusCode;
            foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
                if (!name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase))
                    http.Response.Headers[name] = values.ToArray();
            await answer.Content.CopyToAsync(http.Response.Body);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException)
        {
            http.Abort();
        }
        finally
        {
            Interlocked.Decrement(ref _passing);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpContext http)
    {
        var target = http.Features.Get<IHttpRequestFeature>()!.RawTarget;
        // As it is signed, so character for character.
        var address = new Uri($"http://127.0.0.1:{_azurite.Port}{target}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(new(http.Request.Method), address);
        if (http.Request.ContentLength > 0 || http.Request.Headers.TransferEncoding.Count > 0)
            request.Content = new StreamContent(http.Request.Body);
        foreach (var (name, values) in http.Request.Headers)
            if (name is not ("Host" or "Connection" or "Transfer-Encoding")
                && !request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        return await _service.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _over.Token);
    }
}

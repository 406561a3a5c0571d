using System.Net;
using System.Runtime.CompilerServices;
using FunctionsApi.Telemetry;
using Polly;

namespace FunctionsApi.Infer;

/// <summary>
/// Sends requests to backends over one shared pool of connections, each deployment behind its own circuit breaker.
/// The operator chose the URLs, so any address is allowed; what a backend answers cannot choose another: no redirects.
/// </summary>
internal sealed class UpstreamClient(HttpMessageHandler handler, TimeProvider time, ILogger<UpstreamClient> log) : IDisposable
{
    private readonly HttpMessageInvoker _invoker = new(handler);

    // A breaker lives as long as this version of its deployment: one whose URL was just corrected starts closed.
    private readonly ConditionalWeakTable<Deployment, ResiliencePipeline<HttpResponseMessage>> _pipelines = [];

    public static SocketsHttpHandler CreateHandler() => new()
    {
        ActivityHeadersPropagator = TraceContext.WithoutBaggage,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        MaxResponseHeadersLength = 16, // KiB
        // A reused connection that the backend is just closing loses the request, which must not be repeated. Model
        // servers close idle ones after 5 s (uvicorn, Node) to 75 s (nginx), so we let go of them first.
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(4),
        // Connections are renewed so that a changed DNS record is noticed.
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        UseCookies = false,
        UseProxy = false,
    };

    /// <summary>Posts a body and returns when the answer's headers are in; its content is still to be read.</summary>
    /// <param name="deployment">One with a URL.</param>
    /// <param name="body">JSON; sent again where a connection could not be made.</param>
    /// <param name="timeout">Set when the deployment's time is up, which its breaker counts as a failure.</param>
    /// <param name="cancellationToken">Set with <paramref name="timeout"/> or when nobody waits any more.</param>
    public async Task<HttpResponseMessage> SendAsync(
        Deployment deployment, byte[] body, CancellationToken timeout, CancellationToken cancellationToken)
    {
        var pipeline = _pipelines.GetValue(deployment, it => UpstreamResilience.Create(it, time, log));
        var exchange = new Exchange(_invoker, deployment, body, timeout);
        return await pipeline.ExecuteAsync(static (it, token) => it.SendOnceAsync(token), exchange, cancellationToken);
    }

    public void Dispose() => _invoker.Dispose();

    private readonly record struct Exchange(
        HttpMessageInvoker Invoker, Deployment Deployment, byte[] Body, CancellationToken Timeout)
    {
        public async ValueTask<HttpResponseMessage> SendOnceAsync(CancellationToken cancellationToken)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, Deployment.Url)
            {
                Content = new ByteArrayContent(Body) { Headers = { ContentType = new("application/json") } },
            };
            AddSecret(request);
            try
            {
                return await Invoker.SendAsync(request, cancellationToken);
            }
            catch (OperationCanceledException) when (Timeout.IsCancellationRequested)
            {
                throw new TimeoutException();
            }
            catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
            {
                // The handler's own ConnectTimeout, which is the one thing that it cancels.
                throw new HttpRequestException(HttpRequestError.ConnectionError, "No connection in time.", exception);
            }
        }

        private void AddSecret(HttpRequestMessage request)
        {
            if (Deployment.Secret is not { } secret)
                return;
            var value = secret.HeaderValue() ?? throw new MissingSecretException(secret.Variable);
            request.Headers.TryAddWithoutValidation(secret.Header, value);
        }
    }
}

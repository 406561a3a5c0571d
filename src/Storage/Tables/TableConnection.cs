using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace FunctionsApi.Storage.Tables;

/// <summary>Sends requests to an account and gets answers, or says why there is none.</summary>
internal sealed class TableConnection : IDisposable
{
    /// <summary>Of the service's API: the first that takes tokens for tables.</summary>
    public const string Version = "2020-12-06";

    private const string Scope = "https://storage.azure.com/.default";

    private readonly HttpClientTransport _transport;
    private readonly HttpPipeline _pipeline;
    private readonly TableOptions _options;

    public TableConnection(TableAccount account, TableOptions options)
    {
        _options = options;
        Failures = new(account);
        _transport = new(new HttpClient(options.Handler ?? Network(account)) { Timeout = Timeout.InfiniteTimeSpan });
        _pipeline = HttpPipelineBuilder.Build(new PipelineOptions(_transport, options), [Authentication(account)]);
    }

    public TableFailures Failures { get; }

    /// <param name="method">What to do.</param>
    /// <param name="address">To what.</param>
    /// <param name="body">JSON; empty sends none.</param>
    /// <param name="eTag">The version it must have.</param>
    public HttpMessage Create(RequestMethod method, Uri address, ReadOnlyMemory<byte> body = default, string? eTag = null)
    {
        var message = _pipeline.CreateMessage();
        var request = message.Request;
        request.Method = method;
        request.Uri.Reset(address);
        request.Headers.Add("x-ms-version", Version);
        request.Headers.Add("DataServiceVersion", "3.0");
        request.Headers.Add("Accept", "application/json;odata=minimalmetadata");
        if (eTag is not null)
            request.Headers.Add("If-Match", eTag);
        if (method == RequestMethod.Post)
            request.Headers.Add("Prefer", "return-no-content");
        if (!body.IsEmpty)
        {
            request.Headers.Add("Content-Type", "application/json");
            request.Content = RequestContent.Create(body);
        }

        return message;
    }

    /// <summary>Gives the service longer than for one row.</summary>
    public void AllowLong(HttpMessage message) => message.NetworkTimeout = _options.LongTimeout;

    /// <returns>Any answer at all.</returns>
    /// <exception cref="TableStoreException">There is none.</exception>
    public async Task<Response> SendAsync(HttpMessage message, CancellationToken cancellationToken)
    {
        try
        {
            await _pipeline.SendAsync(message, cancellationToken);
            return message.Response;
        }
        catch (Exception thrown)
        {
            cancellationToken.ThrowIfCancellationRequested();
            // The pipeline gathers what several attempts threw.
            var exception = thrown is AggregateException { InnerExceptions: [.., var last] } ? last : thrown;
            throw exception switch
            {
                TableStoreException known => known,
                OperationCanceledException => Failures.TimedOut(message.NetworkTimeout ?? _options.Timeout, exception),
                RequestFailedException or IOException or HttpRequestException => Failures.Of(exception),
                _ => Failures.NotUnderstood(exception),
            };
        }
    }

    public void Dispose() => _transport.Dispose();

    private HttpPipelinePolicy Authentication(TableAccount account) => account switch
    {
        { Key: { } key } => new SharedKeyLite(account.Name, key, _options.Time),
        { Credential: { } credential } => new BearerTokenAuthenticationPolicy(
            new NamedCredential(credential, Failures, _options.TokenTimeout), Scope),
        _ => new Unsigned(),
    };

    private static SocketsHttpHandler Network(TableAccount account) => new()
    {
        // A proxy that is set for the internet must not be asked for what is on this machine.
        UseProxy = !new Uri(account.Endpoint).IsLoopback,
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(2),
        MaxConnectionsPerServer = 128,
        // The service moves between addresses; an old connection would never notice.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };

    /// <summary>For requests whose address is signed.</summary>
    private sealed class Unsigned : HttpPipelineSynchronousPolicy;

    private sealed class PipelineOptions : ClientOptions
    {
        public PipelineOptions(HttpPipelineTransport transport, TableOptions options)
        {
            Transport = transport;
            Retry.NetworkTimeout = options.Timeout;
            RetryPolicy = new TableRetry(new(), options.Delay);
            Diagnostics.IsLoggingEnabled = false;
            Diagnostics.IsTelemetryEnabled = false;
            Diagnostics.IsDistributedTracingEnabled = false;
        }
    }
}

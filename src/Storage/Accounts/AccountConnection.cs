using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace FunctionsApi.Storage.Accounts;

/// <summary>Sends requests to an account and gets answers, or says why there is none.</summary>
internal sealed class AccountConnection : IDisposable
{
    /// <summary>Of the services' API: the first that takes tokens for tables.</summary>
    public const string Version = "2020-12-06";

    private const string Scope = "https://storage.azure.com/.default";

    private readonly HttpClientTransport _transport;
    private readonly HttpPipeline _pipeline;
    private readonly AccountOptions _options;

    public AccountConnection(StorageAccount account, AccountOptions options)
    {
        _options = options;
        Failures = new(account);
        _transport = new(new HttpClient(options.Handler ?? Network(account)) { Timeout = Timeout.InfiniteTimeSpan });
        _pipeline = HttpPipelineBuilder.Build(new PipelineOptions(_transport, options), [Authentication(account)]);
    }

    public AccountFailures Failures { get; }

    /// <param name="method">What to do.</param>
    /// <param name="address">To what.</param>
    /// <param name="body">Empty sends none.</param>
    /// <param name="type">The body's.</param>
    public HttpMessage CreateMessage(RequestMethod method, Uri address, ReadOnlyMemory<byte> body, string type)
    {
        var message = _pipeline.CreateMessage();
        var request = message.Request;
        request.Method = method;
        request.Uri.Reset(address);
        request.Headers.Add("x-ms-version", Version);
        if (!body.IsEmpty)
        {
            request.Headers.Add("Content-Type", type);
            request.Content = RequestContent.Create(body);
        }

        return message;
    }

    /// <summary>Gives the service longer than for a single row or message.</summary>
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

    private HttpPipelinePolicy Authentication(StorageAccount account) => account switch
    {
        { Key: { } key } => new SharedKeyLite(account, key, _options.Time),
        { Credential: { } credential } => new BearerTokenAuthenticationPolicy(
            new NamedCredential(credential, Failures, _options.TokenTimeout), Scope),
        _ => new Unsigned(),
    };

    private static SocketsHttpHandler Network(StorageAccount account) => new()
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
        public PipelineOptions(HttpPipelineTransport transport, AccountOptions options)
        {
            Transport = transport;
            Retry.NetworkTimeout = options.Timeout;
            RetryPolicy = new AccountRetry(new(), options.Delay);
            Diagnostics.IsLoggingEnabled = false;
            Diagnostics.IsTelemetryEnabled = false;
            Diagnostics.IsDistributedTracingEnabled = false;
        }
    }
}

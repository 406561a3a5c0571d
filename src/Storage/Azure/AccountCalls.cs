using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace FunctionsApi.Storage.Azure;

/// <summary>Sets up a client of the SDK, and calls it: gets an answer, or says in a store's words why there is none.</summary>
internal sealed class AccountCalls : IDisposable
{
    private readonly AccountOptions _options;
    private readonly HttpClientTransport _transport;
    private readonly Action<StoreTime>? _onTime;
    private volatile StoreTime? _time;

    /// <param name="account">Whom.</param>
    /// <param name="options">How.</param>
    /// <param name="onTime">Is called for each answer, on the thread that received it.</param>
    public AccountCalls(StorageAccount account, AccountOptions options, Action<StoreTime>? onTime = null)
    {
        _options = options;
        _onTime = onTime;
        Failures = new(account);
        _transport = new(new HttpClient(options.Handler ?? Network(account)) { Timeout = Timeout.InfiniteTimeSpan });
    }

    public AccountFailures Failures { get; }

    public StoreTime? Time => _time;

    public T Configure<T>(T options) where T : ClientOptions
    {
        options.Transport = _transport;
        options.Retry.NetworkTimeout = _options.Timeout;
        options.RetryPolicy = new AccountRetry(new(), _options);
        options.AddPolicy(new OwnAnswersPolicy(Failures), HttpPipelinePosition.PerCall);
        options.AddPolicy(new ServerTimePolicy(_options.Time, Note), HttpPipelinePosition.BeforeTransport);
        options.Diagnostics.IsLoggingEnabled = false;
        options.Diagnostics.IsTelemetryEnabled = false;
        options.Diagnostics.IsDistributedTracingEnabled = false;
        return options;
    }

    public TokenCredential Named(TokenCredential credential) => new NamedCredential(credential, Failures, _options.TokenTimeout);

    /// <returns>What the service did, or why it did not.</returns>
    /// <exception cref="TableStoreException">There was no answer of the service.</exception>
    public async Task<Answer<T>> AskAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken, RequestTraits traits = default)
    {
        using var scope = AccountRetry.Begin(traits);
        try
        {
            return new(await ask(), null);
        }
        catch (RequestFailedException exception) when (exception.Status > 0)
        {
            return new(default, ServiceError.Of(exception));
        }
        catch (Exception thrown)
        {
            cancellationToken.ThrowIfCancellationRequested();
            // The pipeline gathers what several attempts threw.
            var exception = thrown is AggregateException { InnerExceptions: [.., var last] } ? last : thrown;
            throw exception switch
            {
                TableStoreException known => known,
                OperationCanceledException => Failures.TimedOut(_options.TimeoutOf(traits), exception),
                RequestFailedException or IOException or HttpRequestException => Failures.Of(exception),
                _ => Failures.NotUnderstood(exception),
            };
        }
    }

    public void Dispose() => _transport.Dispose();

    private void Note(StoreTime time)
    {
        _time = time;
        _onTime?.Invoke(time);
    }

    private static SocketsHttpHandler Network(StorageAccount account) => new()
    {
        // A proxy that is set for the internet must not be asked for what is on this machine.
        UseProxy = !account.Address.IsLoopback,
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(2),
        MaxConnectionsPerServer = 128,
        // The service moves between addresses; an old connection would never notice.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };
}

/// <summary>What the service did, or why it did not: <paramref name="Error"/> is null where it did.</summary>
internal readonly record struct Answer<T>(T? Value, ServiceError? Error);

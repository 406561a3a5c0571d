using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace FunctionsApi.Infer;

/// <summary>
/// What is done about a backend that fails. A request is repeated only where no connection came to be, so that the backend
/// cannot have seen it; an answer of any status, a 503 with Retry-After included, is final: the work may have been done.
/// The circuit opens for 10 s when half of at least 10 tries in 30 s failed (no connection, no answer in time, broken
/// off, a status of 500 or more), then lets one request through to see.
/// </summary>
internal static partial class UpstreamResilience
{
    public static ResiliencePipeline<HttpResponseMessage> Create(Deployment deployment, TimeProvider time, ILogger log)
    {
        var pipeline = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time };
        if (deployment.Retries > 0)
            pipeline.AddRetry(Retry(deployment));
        return pipeline.AddCircuitBreaker(Breaker(deployment, log)).Build();
    }

    /// <summary>Whether a request failed before anything of it was sent.</summary>
    public static bool IsUnsent(Exception? exception) => exception is HttpRequestException
    {
        HttpRequestError: HttpRequestError.NameResolutionError
            or HttpRequestError.ConnectionError
            or HttpRequestError.SecureConnectionError,
    };

    private static RetryStrategyOptions<HttpResponseMessage> Retry(Deployment deployment) => new()
    {
        MaxRetryAttempts = deployment.Retries,
        Delay = TimeSpan.FromMilliseconds(100),
        BackoffType = DelayBackoffType.Exponential,
        UseJitter = true,
        ShouldHandle = static arguments => ValueTask.FromResult(IsUnsent(arguments.Outcome.Exception)),
    };

    private static CircuitBreakerStrategyOptions<HttpResponseMessage> Breaker(Deployment deployment, ILogger log) => new()
    {
        FailureRatio = 0.5,
        MinimumThroughput = 10,
        SamplingDuration = TimeSpan.FromSeconds(30),
        BreakDuration = TimeSpan.FromSeconds(10),
        ShouldHandle = static arguments => ValueTask.FromResult(arguments.Outcome switch
        {
            { Exception: HttpRequestException or IOException or TimeoutException } => true,
            { Result: { } answer } => (int)answer.StatusCode >= 500,
            _ => false,
        }),
        OnOpened = arguments =>
        {
            Log.Opened(log, deployment.Id, deployment.Tenant, arguments.BreakDuration.TotalSeconds);
            return default;
        },
        OnClosed = _ =>
        {
            Log.Closed(log, deployment.Id, deployment.Tenant);
            return default;
        },
    };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The circuit of deployment {Id} of tenant {Tenant} opened for {Seconds} s.")]
        public static partial void Opened(ILogger logger, string id, string tenant, double seconds);

        [LoggerMessage(2, LogLevel.Information, "The circuit of deployment {Id} of tenant {Tenant} closed.")]
        public static partial void Closed(ILogger logger, string id, string tenant);
    }
}

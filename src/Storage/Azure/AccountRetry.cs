using Azure.Core;
using Azure.Core.Pipeline;

namespace FunctionsApi.Storage.Azure;

/// <summary>
/// Repeats what failed in passing: never what may not be repeated, never beyond the budget, and not where the service asks
/// for a longer pause than callers have.
/// </summary>
/// <remarks>
/// A conditional write whose answer was lost may have happened, and then its repetition would be told that the condition
/// does not hold: a lie to the caller. It is repeated only where it is known that nothing happened.
/// </remarks>
internal sealed class AccountRetry(RetryBudget budget, AccountOptions options) : RetryPolicy(MaxRetries, options.Delay)
{
    private const int MaxRetries = 3;
    private const string Key = nameof(AccountRetry);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>While it is not disposed, requests of this flow of execution have these traits.</summary>
    public static IDisposable Begin(RequestTraits traits) =>
        HttpPipeline.CreateHttpMessagePropertiesScope(new Dictionary<string, object?> { [Key] = traits });

    protected override void OnSendingRequest(HttpMessage message)
    {
        if (message.ProcessingContext.RetryNumber == 0)
            budget.Earn();
        message.NetworkTimeout = options.TimeoutOf(TraitsOf(message));
    }

    protected override ValueTask OnSendingRequestAsync(HttpMessage message)
    {
        OnSendingRequest(message);
        return default;
    }

    protected override bool ShouldRetry(HttpMessage message, Exception? exception) =>
        base.ShouldRetry(message, exception) && MayRepeat(message, exception);

    protected override async ValueTask<bool> ShouldRetryAsync(HttpMessage message, Exception? exception) =>
        await base.ShouldRetryAsync(message, exception) && MayRepeat(message, exception);

    private static bool MayRepeatAnswer(HttpMessage message, bool onlyOnce)
    {
        var error = ServiceError.Of(message.Response);
        return (!onlyOnce || error.Status == 429 || (error.Status == 503 && error.IsBusy)) && !(error.RetryAfter > LongestPause);
    }

    private bool MayRepeat(HttpMessage message, Exception? exception)
    {
        var onlyOnce = TraitsOf(message).HasFlag(RequestTraits.OnlyOnce);
        return exception is not TableStoreException
            && (exception is null ? MayRepeatAnswer(message, onlyOnce) : !onlyOnce || NothingWasSent(exception))
            && budget.TrySpend();
    }

    private static bool NothingWasSent(Exception exception) => exception.InnerException is HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
    };

    private static RequestTraits TraitsOf(HttpMessage message) =>
        message.TryGetProperty(Key, out var traits) ? (RequestTraits)traits! : RequestTraits.None;
}

/// <summary>What a request needs otherwise than most.</summary>
[Flags]
internal enum RequestTraits
{
    None = 0,

    /// <summary>It is not repeated unless nothing happened.</summary>
    OnlyOnce = 1,

    /// <summary>The service may take longer than for a single row or message.</summary>
    Long = 2,
}

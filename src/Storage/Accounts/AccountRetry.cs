using Azure.Core;
using Azure.Core.Pipeline;

namespace FunctionsApi.Storage.Accounts;

/// <summary>
/// Repeats what failed in passing: never what may not be repeated, never beyond the budget, and not where the service asks
/// for a longer pause than callers have.
/// </summary>
/// <remarks>
/// A conditional write whose answer was lost may have happened, and then its repetition would be told that the condition
/// does not hold: a lie to whoever asked. It is repeated only where it is known that nothing happened.
/// </remarks>
internal sealed class AccountRetry(RetryBudget budget, DelayStrategy delay) : RetryPolicy(MaxRetries, delay)
{
    private const int MaxRetries = 3;

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>Marks a request that must not be repeated unless nothing happened.</summary>
    public static void OnlyOnce(HttpMessage message) => message.SetProperty(typeof(AccountRetry), nameof(OnlyOnce));

    protected override void OnSendingRequest(HttpMessage message)
    {
        if (message.ProcessingContext.RetryNumber == 0)
            budget.Earn();
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

    private bool MayRepeat(HttpMessage message, Exception? exception) =>
        exception is not TableStoreException
        && (!message.TryGetProperty(typeof(AccountRetry), out _) || NothingHappened(message, exception))
        && (exception is not null || !(RetryAfter.Of(message.Response) > LongestPause))
        && budget.TrySpend();

    private static bool NothingHappened(HttpMessage message, Exception? exception) => exception is null
        ? message.Response.Status == 429 || (message.Response.Status == 503 && ServiceError.Read(message.Response).Code == "ServerBusy")
        : exception.InnerException is HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
        };
}

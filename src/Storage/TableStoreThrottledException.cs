namespace FunctionsApi.Storage;

/// <summary>The store does less than it is asked to, and wants to be asked less often.</summary>
public sealed class TableStoreThrottledException : TableStoreException
{
    /// <param name="message">As everywhere.</param>
    /// <param name="retryAfter">How long the store asks its callers to wait; null where it does not say.</param>
    public TableStoreThrottledException(string message, TimeSpan? retryAfter) : base(message) => RetryAfter = retryAfter;

    public TimeSpan? RetryAfter { get; }
}

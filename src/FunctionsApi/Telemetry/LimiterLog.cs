using FunctionsApi.Quotas.Limiting;

namespace FunctionsApi.Telemetry;

/// <summary>What the limiter says of the ledger and of its time, once for each change and never for a request.</summary>
/// <param name="logger">Where to.</param>
/// <param name="whenUnavailable">How requests are decided while the ledger is away.</param>
internal sealed partial class LimiterLog(ILogger<QuotaLimiter> logger, WhenLedgerUnavailable whenUnavailable)
{
    public void TimeSetRight(string partition, TimeSpan ahead) => Log.TimeSetRight(logger, partition, ahead.TotalSeconds);

    /// <param name="outage">Null where it is over.</param>
    public void OutageChanged(LedgerOutage? outage)
    {
        if (outage is not null)
            Log.Away(logger, outage.Reason, whenUnavailable);
        else
            Log.Back(logger);
    }

    // An outage has lines of its own, which say why.
    public void StateChanged(LedgerState before, LedgerState after)
    {
        if (after == LedgerState.Slow)
            Log.Slow(logger);
        else if (after == LedgerState.Contended)
            Log.Contended(logger);
        else if (after == LedgerState.Well && before != LedgerState.Away)
            Log.Well(logger);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The ledger cannot be asked; leases are spent, and then requests are decided by: {WhenUnavailable}. {Reason}")]
        public static partial void Away(ILogger logger, string reason, WhenLedgerUnavailable whenUnavailable);

        [LoggerMessage(LogLevel.Warning, "A clock that was wrong had sent the time of '{Partition}' {Seconds:0.#} s ahead; it is set right, and what was sold meanwhile counts from when that was noticed")]
        public static partial void TimeSetRight(ILogger logger, string partition, double seconds);

        [LoggerMessage(LogLevel.Warning, "The ledger is slow: requests that wait for it for too long are answered 503")]
        public static partial void Slow(ILogger logger);

        [LoggerMessage(LogLevel.Warning, "The ledger is contended: so many instances write one partition's counters that its requests are answered 503")]
        public static partial void Contended(ILogger logger);

        [LoggerMessage(LogLevel.Information, "The ledger is well again")]
        public static partial void Well(ILogger logger);

        [LoggerMessage(LogLevel.Information, "The ledger answers again")]
        public static partial void Back(ILogger logger);
    }
}

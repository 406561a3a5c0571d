using FunctionsApi.Ledgers;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Storage;
using FunctionsApi.Tenants;

namespace FunctionsApi.Health;

/// <summary>
/// Whether this instance can do its work now. The store is asked at most once a second, however often it is probed, and so is a task hub
/// until it has answered once: then what becomes of operations tells more.
/// </summary>
internal sealed partial class Readiness(
    ITableStore store, TenantDirectory tenants, QuotaLimiter limiter, TimeProvider time, ILogger<Readiness> logger, HubWatch? hub = null)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private DateTimeOffset _askedAt = DateTimeOffset.MinValue;
    private Task<(bool Storage, bool Hub)> _answers = Task.FromResult((false, false));
    private bool _failing;

    public async Task<ReadinessReport> AskAsync()
    {
        var (storageAnswers, hubHasAnswered) = await AnswersAsync();
        return new(storageAnswers, tenants.Problem is null, limiter.LedgerState, hub?.State ?? HubState.Unknown, hubHasAnswered);
    }

    private Task<(bool Storage, bool Hub)> AnswersAsync()
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (_answers.IsCompleted && now - _askedAt >= Interval)
                (_answers, _askedAt) = (ReadAsync(), now);
            return _answers;
        }
    }

    private async Task<(bool Storage, bool Hub)> ReadAsync()
    {
        using var patience = new CancellationTokenSource(Patience, time);
        var storage = CheckStorageAsync(patience.Token);
        var hubHasAnswered = hub?.HasAnsweredAsync(patience.Token) ?? Task.FromResult(true);
        await Task.WhenAll(storage, hubHasAnswered);
        return (await storage, await hubHasAnswered);
    }

    private async Task<bool> CheckStorageAsync(CancellationToken cancellationToken)
    {
        try
        {
            await store.CheckAsync(cancellationToken);
            _failing = false;
            return true;
        }
        catch (Exception exception) when (exception is TableStoreException or OperationCanceledException)
        {
            if (!_failing)
                Log.Failing(logger, exception is TableStoreException ? exception.Message : $"It does not answer within {Patience.TotalSeconds} s.");
            _failing = true;
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Not ready: the store cannot be used. {Reason}")]
        public static partial void Failing(ILogger logger, string reason);
    }
}

/// <param name="Storage">It answers.</param>
/// <param name="Plans">Plans and tenants are those of the store, and valid.</param>
/// <param name="Ledger">Where it is slow or contended, most requests are served all the same.</param>
/// <param name="Hub">
/// The task hub of a ledger on durable entities, once it was looked at. Leases are spent whatever it is, and where it fails the
/// ledger goes away.
/// </param>
/// <param name="HubHasAnswered">The task hub has answered this instance; true where the ledger is not on durable entities.</param>
internal readonly record struct ReadinessReport(bool Storage, bool Plans, LedgerState Ledger, HubState Hub, bool HubHasAnswered)
{
    public bool IsReady => Storage && Plans && Ledger != LedgerState.Away && HubHasAnswered;
}

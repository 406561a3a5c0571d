using System.Diagnostics;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Storage;

namespace FunctionsApi.Telemetry;

/// <summary>A ledger whose operations are counted, timed and traced.</summary>
internal sealed class ObservedLedger(ILedger ledger, QuotaMetrics metrics, TimeProvider time) : ILedger
{
    public Task<QuotaResult> ApplyAsync(
        string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken) =>
        ObserveAsync("apply", () => ledger.ApplyAsync(partition, operation, now, cancellationToken));

    public Task<QuotaResult> PeekAsync(
        string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken) =>
        ObserveAsync("peek", () => ledger.PeekAsync(partition, operation, now, cancellationToken));

    private async Task<QuotaResult> ObserveAsync(string operation, Func<Task<QuotaResult>> ask)
    {
        using var span = Spans.StartLedger(operation);
        var started = time.GetTimestamp();
        var outcome = "ok";
        try
        {
            return await ask();
        }
        catch (Exception exception)
        {
            outcome = OutcomeOf(exception);
            span?.SetStatus(ActivityStatusCode.Error);
            throw;
        }
        finally
        {
            span?.SetTag(QuotaMetrics.OutcomeTag, outcome);
            metrics.LedgerAnswered(operation, outcome, time.GetElapsedTime(started));
        }
    }

    private static string OutcomeOf(Exception exception) => exception switch
    {
        OperationCanceledException => "timed_out",
        EntityUnreadableException => "unreadable",
        LedgerContendedException => "contended",
        LedgerSlowException => "slow",
        LedgerUnavailableException { InnerException: TableStoreThrottledException } => "throttled",
        _ => "failed",
    };
}

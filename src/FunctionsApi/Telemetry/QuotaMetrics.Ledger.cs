using System.Diagnostics.Metrics;

namespace FunctionsApi.Telemetry;

/// <summary>Operations on the ledger.</summary>
internal sealed partial class QuotaMetrics
{
    public const string LedgerDuration = "functionsapi.ledger.operation.duration";

    public const string OperationTag = "functionsapi.ledger.operation";

    public const string StateTag = "functionsapi.ledger.state";

    private readonly Histogram<double> _ledgerDuration;
    private readonly Counter<long> _ledgerConflicts;

    /// <param name="operation"><c>apply</c> or <c>peek</c>.</param>
    /// <param name="outcome">What became of it, in a word.</param>
    /// <param name="duration">All attempts together.</param>
    public void LedgerAnswered(string operation, string outcome, TimeSpan duration) =>
        _ledgerDuration.Record(duration.TotalSeconds, new(OperationTag, operation), new(OutcomeTag, outcome));

    public void LedgerConflicted()
    {
        _ledgerConflicts.Add(1);
        Spans.CountConflict();
    }

    // From a file on this machine to an entity whose partition of the task hub moves to another host.
    private Histogram<double> CreateLedgerDuration() => Meter.CreateHistogram(
        LedgerDuration,
        "s",
        "How long operations on the ledger took, by operation and outcome.",
        tags: null,
        new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
        });
}

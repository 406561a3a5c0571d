using System.Diagnostics.Metrics;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Limiting;

namespace FunctionsApi.Telemetry;

/// <summary>What the limiter is asked for when metrics are collected; a decision pays nothing for it.</summary>
internal sealed partial class QuotaMetrics
{
    private readonly Lock _outageLock = new();
    private TimeSpan _pastOutages;
    private Instant? _awaySince;

    /// <param name="limiter">Once, before it decides.</param>
    public void Observe(QuotaLimiter limiter)
    {
        limiter.OutageChanged += outage => Note(outage, limiter.Now);
        Meter.CreateObservableGauge(
            "functionsapi.partitions", () => limiter.PartitionCount, "{partition}", "Partitions that this instance remembers.");
        Meter.CreateObservableGauge(
            "functionsapi.lease.partitions", () => limiter.Leases.Partitions, "{partition}", "Partitions that this instance holds leases of.");
        Meter.CreateObservableGauge(
            "functionsapi.lease.permits", () => Permits(limiter.Leases), "{permit}", "Leased permits in hand, not spent yet, by policy.");
        Meter.CreateObservableGauge(
            "functionsapi.requests.waiting", () => limiter.Leases.Waiting, "{request}", "Requests that wait for the ledger.");
        Meter.CreateObservableGauge(
            "functionsapi.ledger.in_flight", () => limiter.LedgerFigures.InFlight, "{operation}", "Operations on their way to the ledger.");
        Meter.CreateObservableGauge(
            "functionsapi.ledger.waiting", () => limiter.LedgerFigures.Waiting, "{operation}", "Operations that wait for their turn to be sent to the ledger.");
        Meter.CreateObservableCounter(
            "functionsapi.ledger.overdue", () => limiter.LedgerFigures.Overdue, "{operation}", "Operations that requests waited for in vain.");
        Meter.CreateObservableGauge(
            "functionsapi.ledger.state", () => States(limiter.LedgerState), "1", "1 for the state that the ledger is in, and 0 for the others.");
        Meter.CreateObservableGauge(
            "functionsapi.ledger.away", () => Away(limiter.Now).TotalSeconds, "s", "How long the ledger has been away; 0 while it answers.");
        Meter.CreateObservableCounter(
            "functionsapi.ledger.outage.time", () => OutageTime(limiter.Now).TotalSeconds, "s", "Time that the ledger has been away, all outages together.");
    }

    private static IEnumerable<Measurement<long>> Permits(LeaseFigures leases) =>
        leases.Permits.Select(policy => new Measurement<long>(policy.Value, new KeyValuePair<string, object?>(PolicyTag, policy.Key)));

    private static IEnumerable<Measurement<int>> States(LedgerState now) => Enum.GetValues<LedgerState>().Select(
        state => new Measurement<int>(state == now ? 1 : 0, new KeyValuePair<string, object?>(StateTag, state.Name())));

    private void Note(LedgerOutage? outage, Instant now)
    {
        lock (_outageLock)
        {
            _pastOutages += AwayFor_NeedsLock(now);
            _awaySince = outage?.Since;
        }
    }

    private TimeSpan Away(Instant now)
    {
        lock (_outageLock)
            return AwayFor_NeedsLock(now);
    }

    private TimeSpan OutageTime(Instant now)
    {
        lock (_outageLock)
            return _pastOutages + AwayFor_NeedsLock(now);
    }

    private TimeSpan AwayFor_NeedsLock(Instant now) => _awaySince is { } since && now > since ? now - since : TimeSpan.Zero;
}

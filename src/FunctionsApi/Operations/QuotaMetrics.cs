using System.Diagnostics.Metrics;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Operations;

/// <summary>Every instrument, with its name, unit and meaning. No tenant or key is a tag: their number has no bound.</summary>
internal sealed class QuotaMetrics : IDisposable
{
    public const string MeterName = "FunctionsApi";

    private readonly Counter<long> _decisions;
    private readonly Counter<long> _shadowRefusals;

    public QuotaMetrics(QuotaLimiter limiter)
    {
        _decisions = Meter.CreateCounter<long>(
            "functionsapi.decisions", "{request}", "Requests decided, by API, plan, outcome and the policy that refused.");
        _shadowRefusals = Meter.CreateCounter<long>(
            "functionsapi.shadow_refusals", "{request}", "Requests that a shadow policy would have refused, by API, plan and policy.");
        Meter.CreateObservableGauge(
            "functionsapi.partitions", () => limiter.PartitionCount, "{partition}", "Partitions that this instance remembers.");
        Meter.CreateObservableGauge(
            "functionsapi.ledger.away", () => AwaySeconds(limiter), "s", "How long the ledger has been away; 0 while it answers.");
        Meter.CreateObservableCounter(
            "functionsapi.ledger.attempts", () => Attempts(limiter.LedgerFigures), "{attempt}", "Attempts to reach the ledger, by result.");
        Meter.CreateObservableGauge(
            "functionsapi.ledger.in_flight", () => limiter.LedgerFigures.InFlight, "{operation}", "Operations on their way to the ledger.");
        Meter.CreateObservableGauge(
            "functionsapi.ledger.waiting", () => limiter.LedgerFigures.Waiting, "{operation}", "Operations that wait for their turn to be sent to the ledger.");
    }

    /// <summary>This instance's own; others in the process may have the name.</summary>
    public Meter Meter { get; } = new(MeterName);

    public void Decided(Api api, string plan, in Decision decision)
    {
        if (!_decisions.Enabled || decision.Outcome == Outcome.Peeked)
            return;
        var refusedBy = decision.Outcome is Outcome.Refused or Outcome.ExceedsLimit ? decision.Charge.PolicyOf(decision.Binding).Name : null;
        _decisions.Add(
            1, new("api", Tag(api)), new("plan", plan), new("outcome", Tag(decision.Outcome)), new("policy", refusedBy));
        for (var i = 0; i < decision.Charge.Items.Length; i++)
            if (decision.IsShadowRefused(i))
                _shadowRefusals.Add(1, new("api", Tag(api)), new("plan", plan), new("policy", decision.Charge.PolicyOf(i).Name));
    }

    public void Dispose() => Meter.Dispose();

    private static IEnumerable<Measurement<long>> Attempts(LedgerFigures figures) =>
    [
        new(figures.Answered, [new("result", "answered")]),
        new(figures.Failed, [new("result", "failed")]),
    ];

    private static double AwaySeconds(QuotaLimiter limiter) =>
        limiter.Outage is { } outage ? Math.Max(0, (limiter.Now - outage.Since).TotalSeconds) : 0;

    private static string Tag(Api api) => api == Api.Inference ? "inference" : "agents";

    private static string Tag(Outcome outcome) => outcome switch
    {
        Outcome.Admitted => "admitted",
        Outcome.Refused => "refused",
        Outcome.ExceedsLimit => "exceeds_limit",
        Outcome.Unavailable => "unavailable",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "Not an outcome of a request."),
    };
}

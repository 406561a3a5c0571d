using System.Diagnostics.Metrics;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Telemetry;

/// <summary>
/// Every instrument, with its name, unit and meaning; docs/operations.md says how to read them. A tag's values are written
/// here or are names in the plan file: no tenant, key or address, for their number has no bound.
/// </summary>
internal sealed partial class QuotaMetrics : IDisposable
{
    public const string MeterName = "FunctionsApi";

    public const string ApiTag = "functionsapi.api";
    public const string PlanTag = "functionsapi.plan";
    public const string PolicyTag = "functionsapi.policy";
    public const string OutcomeTag = "functionsapi.outcome";

    private readonly Counter<long> _decisions;
    private readonly Counter<long> _shadowRefusals;
    private readonly Counter<long> _usageFlushes;
    private readonly Counter<long> _webhooks;

    /// <param name="meterName">Another name is listened to by nobody.</param>
    public QuotaMetrics(string meterName = MeterName)
    {
        Meter = new(meterName);
        _decisions = Meter.CreateCounter<long>(
            "functionsapi.decisions", "{request}", "Requests decided, by API, plan, outcome and the policy that refused.");
        _shadowRefusals = Meter.CreateCounter<long>(
            "functionsapi.shadow_refusals", "{request}", "Requests that a shadow policy would have refused, by API, plan and policy.");
        _usageFlushes = Meter.CreateCounter<long>(
            "functionsapi.usage.flushes", "{flush}", "Times that usage was written to the store, by outcome.");
        _webhooks = Meter.CreateCounter<long>(
            "functionsapi.webhooks", "{attempt}", "Webhook messages that were sent, given up, or to be sent again, by outcome.");
        _ledgerDuration = CreateLedgerDuration();
        _ledgerConflicts = Meter.CreateCounter<long>(
            "functionsapi.ledger.conflicts", "{conflict}", "Writes of counters that came second to another instance's and were repeated.");
    }

    /// <summary>This instance's own; others in the process may have the name.</summary>
    public Meter Meter { get; }

    public void Decided(ApiKind api, string plan, in Decision decision)
    {
        if (!_decisions.Enabled || decision.Outcome == Outcome.Peeked)
            return;
        var refusedBy = decision.Outcome is Outcome.Refused or Outcome.ExceedsLimit ? decision.Charge.PolicyOf(decision.Binding).Name : null;
        _decisions.Add(
            1, new(ApiTag, api.Name()), new(PlanTag, plan), new(OutcomeTag, Tag(decision.Outcome)), new(PolicyTag, refusedBy));
        for (var i = 0; i < decision.Charge.Items.Length; i++)
            if (decision.IsShadowRefused(i))
                _shadowRefusals.Add(1, new(ApiTag, api.Name()), new(PlanTag, plan), new(PolicyTag, decision.Charge.PolicyOf(i).Name));
    }

    public void UsageFlushed(bool written) => _usageFlushes.Add(1, new KeyValuePair<string, object?>(OutcomeTag, written ? "ok" : "failed"));

    /// <param name="outcome"><c>delivered</c>, <c>failed</c> or <c>given_up</c>.</param>
    public void WebhookTried(string outcome) => _webhooks.Add(1, new KeyValuePair<string, object?>(OutcomeTag, outcome));

    public void Dispose() => Meter.Dispose();

    private static string Tag(Outcome outcome) => outcome switch
    {
        Outcome.Admitted => "admitted",
        Outcome.Refused => "refused",
        Outcome.ExceedsLimit => "exceeds_limit",
        Outcome.Unavailable => "unavailable",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "Not an outcome of a request."),
    };
}

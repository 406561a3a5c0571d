// A rule is crossed when what the limiter knows to remain is at or below its threshold. That is looked at every 2 s for the callers that
// have sent requests meanwhile, and once more 2 s later: by then this instance has given back what it did not spend, and has heard from the
// ledger what others had spent before. Whichever instance notices first stores the message, on the condition that there is none for this
// rule, partition and window; docs/adr/0015-alerts.md says what can escape.
//
// A fixed window is told of once. A sliding one never ends: it is told of once in each hour of UTC.

using System.Text.Json;
using FunctionsApi.Alerts.Webhooks;
using FunctionsApi.Caches;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Tenants;

namespace FunctionsApi.Alerts;

/// <summary>Notices that little is left of a limit, and adds the message that says so.</summary>
internal sealed class ThresholdWatch(ActiveCallers callers, AlertDirectory alerts, TenantDirectory tenants, QuotaLimiter limiter, Outbox outbox, TimeProvider time)
{
    public const string EventType = "quota.remaining.low";

    private const long MaxBytes = 4 * 1024 * 1024;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    // What was told is not told to the store every 2 s again.
    private readonly BoundedCache<string> _told = new(MaxBytes, static key => 2 * key.Length);
    private IReadOnlyCollection<ActiveCaller> _lookAgain = [];

    /// <summary>Looks once. Not for several threads at a time.</summary>
    /// <exception cref="Storage.TableStoreException">The store could not be read or written; the next look looks at the same again.</exception>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var active = callers.TakeAll();
        _lookAgain = [.. active.Union(_lookAgain)];
        foreach (var one in _lookAgain)
            await LookAsync(one, cancellationToken);
        _lookAgain = active;
    }

    private async Task LookAsync(ActiveCaller active, CancellationToken cancellationToken)
    {
        var (caller, api) = active;
        var rules = alerts.Now.RulesOf(caller.Tenant).Where(rule => rule.Api == api).ToLookup(rule => rule.Policy);
        if (rules.Count == 0 || await tenants.FindAsync(caller.Tenant, api, caller.Plan(api), cancellationToken) is not { } terms)
            return;
        var charge = ChargeOf(terms, rules);
        if (charge.Items.IsEmpty)
            return;

        var partition = caller.Partition(api);
        var decision = await limiter.PeekAsync(partition, charge, cancellationToken);
        for (var item = 0; item < charge.Items.Length; item++)
        {
            var (policy, figures) = (charge.PolicyOf(item), decision[item]);
            foreach (var rule in rules[policy.Name].Where(rule => rule.IsCrossed(policy.Limit, figures.Remaining)))
                await TellAsync(
                    rule,
                    Until(policy, figures),
                    new(caller.Tenant, api.Name(), terms.Plan, policy.Name, partition, policy.Limit, figures.Remaining, rule.RemainingPercent, figures.Reset.ToDateTimeOffset()),
                    cancellationToken);
        }
    }

    // A shadow policy refuses nobody, so nobody is told of it.
    private static Charge ChargeOf(ApiTerms terms, ILookup<string, AlertRule> rules) => new(
        terms.Policies,
        [.. terms.Policies.Policies.Index()
            .Where(one => rules.Contains(one.Item.Name) && one.Item is { Shadow: false, Algorithm: not Algorithm.Concurrency })
            .Select(one => new ChargeItem(one.Index, 0))]);

    private DateTimeOffset Until(Policy policy, PolicyFigures figures)
    {
        if (policy.Algorithm == Algorithm.FixedWindow)
            return figures.Reset.ToDateTimeOffset();
        var now = time.GetUtcNow();
        return new(now.UtcTicks - (now.UtcTicks % Hour.Ticks) + Hour.Ticks, TimeSpan.Zero);
    }

    private async Task TellAsync(AlertRule rule, DateTimeOffset until, RemainingLowData data, CancellationToken cancellationToken)
    {
        var key = AlertMessage.KeyOf(until, $"{rule}|{data.Partition}");
        if (_told.TryGet($"{data.Tenant}|{key}", out _))
            return;
        var now = time.GetUtcNow();
        var body = JsonSerializer.Serialize(new(EventType, now, data), AlertsJson.Default.AlertEventRemainingLowData);
        await outbox.AddAsync(new(data.Tenant, key, EventType, body, now), cancellationToken);
        _told.Set($"{data.Tenant}|{key}", "");
    }
}

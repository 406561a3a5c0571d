using FunctionsApi.Alerts.Webhooks;

namespace FunctionsApi.Alerts;

/// <summary>One tenant's alerts, as the API and the command line read and change them.</summary>
internal sealed class TenantAlerts(AlertTable table, WebhookStates states, Outbox outbox, WebhookTest test, TimeProvider time)
{
    private static readonly TimeSpan RecentFor = TimeSpan.FromDays(7);

    /// <returns>Empty ones where the tenant has none.</returns>
    public async Task<AlertsAnswer> ReadAsync(string tenant, CancellationToken cancellationToken)
    {
        var settings = (await table.FindAsync(tenant, cancellationToken))?.Settings ?? new(tenant);
        return await AnswerAsync(settings, await states.ReadAsync(tenant, cancellationToken), showSecret: false, cancellationToken);
    }

    /// <summary>Changes them, and enables a webhook that was disabled.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="change">From what there is, at a time, to what there should be; may be called again.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>With the webhook's secret, where it was made just now.</returns>
    public async Task<AlertsAnswer> ChangeAsync(
        string tenant, Func<AlertSettings, DateTimeOffset, AlertSettings> change, CancellationToken cancellationToken)
    {
        Webhook? before = null;
        var settings = await table.ChangeAsync(
            tenant,
            stored =>
            {
                before = stored.Webhook;
                return change(stored, time.GetUtcNow());
            },
            cancellationToken);
        var (_, state) = await states.ChangeAsync(tenant, stored => stored.Renewed(), cancellationToken);
        return await AnswerAsync(settings, state, showSecret: settings.Webhook?.Secret != before?.Secret, cancellationToken);
    }

    /// <returns>What became of the test; null where there is no webhook.</returns>
    public async Task<TestAnswer?> TestAsync(string tenant, CancellationToken cancellationToken)
    {
        if ((await table.FindAsync(tenant, cancellationToken))?.Settings.Webhook is not { } webhook)
            return null;
        var failure = await test.RunAsync(tenant, webhook, cancellationToken);
        return new(failure is null, failure?.Reason);
    }

    /// <summary>Deletes what a tenant has set, how its webhook does, and its messages.</summary>
    public async Task DeleteAsync(string tenant, CancellationToken cancellationToken)
    {
        await table.DeleteAsync(tenant, cancellationToken);
        await states.DeleteAsync(tenant, cancellationToken);
        await outbox.DeleteAsync(tenant, cancellationToken);
    }

    private async Task<AlertsAnswer> AnswerAsync(AlertSettings settings, WebhookState state, bool showSecret, CancellationToken cancellationToken)
    {
        var messages = await outbox.ListAsync(settings.Tenant, time.GetUtcNow() - RecentFor, cancellationToken);
        return AlertsAnswer.Of(settings, state, messages, showSecret);
    }
}

using System.Text.Json;
using FunctionsApi.Alerts.Webhooks;
using FunctionsApi.Storage;

namespace FunctionsApi.Alerts;

/// <summary>
/// What tenants want to be told of, in the store. All rows share a partition with a revision row that is written with every change, so
/// that an instance with a copy of them reads that one row alone to know whether the copy is still good.
/// </summary>
internal sealed class AlertTable(ITableStore store)
{
    public const string Table = "Alerts";

    private const string Partition = "alerts";
    private const int MaxAttempts = 10;

    // No tenant can have this name. Only the row's ETag says anything.
    private static readonly TableKey Revision = new(Partition, "!revision");

    /// <returns>New after every change; null before the first.</returns>
    public async Task<string?> RevisionAsync(CancellationToken cancellationToken) =>
        (await store.GetAsync(Table, Revision, cancellationToken))?.ETag;

    /// <returns>Null where the tenant has none.</returns>
    public async Task<StoredAlerts?> FindAsync(string tenant, CancellationToken cancellationToken) =>
        await store.GetAsync(Table, new(Partition, tenant), cancellationToken) is { } row ? Read(row) : null;

    /// <summary>Those of all tenants that have any.</summary>
    public async Task<IReadOnlyList<AlertSettings>> ListAsync(CancellationToken cancellationToken)
    {
        List<AlertSettings> all = [];
        await foreach (var row in store.QueryAsync(Table, new() { Partition = Partition }, cancellationToken))
            if (row.Key != Revision)
                all.Add(Read(row).Settings);
        return all;
    }

    /// <summary>Changes a tenant's, or makes them.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="change">From what there is, which may be nothing, to what there should be; may be called again.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TableStoreException">Others kept changing them, or the store cannot be written.</exception>
    public async Task<AlertSettings> ChangeAsync(string tenant, Func<AlertSettings, AlertSettings> change, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var stored = await FindAsync(tenant, cancellationToken);
            var changed = change(stored?.Settings ?? new(tenant));
            TablePut[] puts =
            [
                new(new(Partition, tenant), Values(changed), stored is null ? PutCondition.IfAbsent : PutCondition.IfMatch(stored.ETag)),
                new(Revision, new Dictionary<string, object>(), PutCondition.None),
            ];
            if (await store.BatchAsync(Table, puts, cancellationToken) is not null)
                return changed;
        }

        throw new TableStoreException($"Others kept changing the alerts of tenant {tenant}. Try again.");
    }

    public async Task DeleteAsync(string tenant, CancellationToken cancellationToken)
    {
        await store.DeleteAsync(Table, new(Partition, tenant), null, cancellationToken);
        await store.PutAsync(Table, new(Revision, new Dictionary<string, object>(), PutCondition.None), cancellationToken);
    }

    private static Dictionary<string, object> Values(AlertSettings settings)
    {
        var values = new Dictionary<string, object>
        {
            ["rules"] = JsonSerializer.Serialize([.. settings.Rules.Select(RuleShape.Of)], AlertsJson.Default.IReadOnlyListRuleShape),
            ["digest"] = settings.Digest.IsOn,
            ["unusedKeyDays"] = (long)settings.Digest.UnusedKeyDays,
        };
        if (settings.Webhook is not { } webhook)
            return values;
        values["url"] = webhook.Url.AbsoluteUri;
        values["secret"] = webhook.Secret.Reveal();
        values["secretCreatedAt"] = webhook.SecretCreatedAt;
        if (webhook.Before is { } before)
            values["secretBefore"] = before.Reveal();
        return values;
    }

    private static StoredAlerts Read(TableRow row) => new(
        new(row.Key.Row)
        {
            Rules = [.. JsonSerializer.Deserialize((string)row.Values["rules"], AlertsJson.Default.IReadOnlyListRuleShape)!.Select(shape => shape.ToRule())],
            Webhook = row.Values.GetValueOrDefault("url") is string url
                ? new(new(url), WebhookSecret.Of((string)row.Values["secret"]), (DateTimeOffset)row.Values["secretCreatedAt"])
                {
                    Before = row.Values.GetValueOrDefault("secretBefore") is string before ? WebhookSecret.Of(before) : null,
                }
                : null,
            Digest = new() { IsOn = (bool)row.Values["digest"], UnusedKeyDays = (int)(long)row.Values["unusedKeyDays"] },
        },
        row.ETag);
}

/// <param name="Settings">A tenant's.</param>
/// <param name="ETag">The version of its row.</param>
internal sealed record StoredAlerts(AlertSettings Settings, string ETag);

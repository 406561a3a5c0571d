using FunctionsApi.Storage;

namespace FunctionsApi.Alerts.Webhooks;

/// <summary>Table <c>WebhookStates</c>: a row for each tenant.</summary>
internal sealed class WebhookStates(ITableStore store)
{
    public const string Table = "WebhookStates";

    private const int MaxAttempts = 10;

    /// <returns>That of one that was never tried, where there is no row.</returns>
    public async Task<WebhookState> ReadAsync(string tenant, CancellationToken cancellationToken) =>
        From(await store.GetAsync(Table, new(tenant, ""), cancellationToken));

    /// <summary>Changes a state, from the one that is stored.</summary>
    /// <returns>The states before and after.</returns>
    /// <exception cref="TableStoreException">Others kept changing it, or the store cannot be written.</exception>
    public async Task<(WebhookState Before, WebhookState After)> ChangeAsync(
        string tenant, Func<WebhookState, WebhookState> change, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var row = await store.GetAsync(Table, new(tenant, ""), cancellationToken);
            var (before, condition) = (From(row), row is null ? PutCondition.IfAbsent : PutCondition.IfMatch(row.ETag));
            var after = change(before);
            if (after == before || await store.PutAsync(Table, new(new(tenant, ""), Values(after), condition), cancellationToken) is not null)
                return (before, after);
        }

        throw new TableStoreException($"Others kept changing the row of tenant {tenant} in the table {Table}. Try again.");
    }

    public Task DeleteAsync(string tenant, CancellationToken cancellationToken) => store.DeleteAsync(Table, new(tenant, ""), null, cancellationToken);

    private static WebhookState From(TableRow? row) => row is null ? WebhookState.Untried : new()
    {
        FailingSince = Time(row, "failingSince"),
        DisabledSince = Time(row, "disabledSince"),
        LastDeliveredAt = Time(row, "lastDeliveredAt"),
        LastFailureAt = Time(row, "lastFailureAt"),
        LastFailure = row.Values.GetValueOrDefault("lastFailure") as string,
    };

    private static DateTimeOffset? Time(TableRow row, string column) => row.Values.GetValueOrDefault(column) as DateTimeOffset?;

    private static Dictionary<string, object> Values(WebhookState state) => new Dictionary<string, object?>
    {
        ["failingSince"] = state.FailingSince,
        ["disabledSince"] = state.DisabledSince,
        ["lastDeliveredAt"] = state.LastDeliveredAt,
        ["lastFailureAt"] = state.LastFailureAt,
        ["lastFailure"] = state.LastFailure,
    }.Where(column => column.Value is not null).ToDictionary(column => column.Key, column => column.Value!);
}

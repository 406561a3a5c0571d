using FunctionsApi.Storage;

namespace FunctionsApi.Tenants;

/// <summary>The plan file as it is in the store.</summary>
/// <param name="Json">Its text.</param>
/// <param name="ETag">The row's version.</param>
internal sealed record StoredPlans(string Json, string ETag);

/// <summary>
/// The plan file in the store: the column <c>Json</c> of one row, so that a change is seen whole or not at all, reading it
/// is its own check for news, and a deployment can write it as it is.
/// </summary>
internal sealed class PlanTable(ITableStore store)
{
    private const string Table = "Plans";
    private const string Json = "Json";

    private static readonly TableKey Key = new("plans", "current");

    /// <returns>Null where none was ever written.</returns>
    public async Task<StoredPlans?> ReadAsync(CancellationToken cancellationToken) =>
        await store.GetAsync(Table, Key, cancellationToken) is { } row
            ? new(row.Values.GetValueOrDefault(Json) as string ?? "", row.ETag)
            : null;

    /// <param name="json">A plan file without error.</param>
    /// <param name="cancellationToken">Gives up waiting; it may still be written.</param>
    public Task WriteAsync(string json, CancellationToken cancellationToken) =>
        store.PutAsync(Table, new(Key, new Dictionary<string, object> { [Json] = json }, PutCondition.None), cancellationToken);
}

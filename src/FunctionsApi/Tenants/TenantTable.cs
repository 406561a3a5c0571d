using FunctionsApi.Storage;

namespace FunctionsApi.Tenants;

/// <summary>
/// The tenants in the store. All rows share a partition with a revision row that is written with every change, so that
/// an instance that holds a copy of them reads that one alone to know that it is still good.
/// </summary>
internal sealed class TenantTable(ITableStore store)
{
    private const string Table = "Tenants";
    private const string Partition = "tenants";
    private const int MaxAttempts = 10;

    // No tenant can have this id. Only the row's ETag says anything.
    private static readonly TableKey Revision = new(Partition, "!revision");

    /// <returns>New after every change; null before the first.</returns>
    public async Task<string?> RevisionAsync(CancellationToken cancellationToken) =>
        (await store.GetAsync(Table, Revision, cancellationToken))?.ETag;

    /// <returns>Null where there is no such tenant.</returns>
    public async Task<StoredTenant?> FindAsync(string id, CancellationToken cancellationToken) =>
        await store.GetAsync(Table, new(Partition, id), cancellationToken) is { } row ? TenantRow.Read(row) : null;

    /// <summary>All tenants by id.</summary>
    public async Task<IReadOnlyList<StoredTenant>> ListAsync(CancellationToken cancellationToken)
    {
        var tenants = new List<StoredTenant>();
        await foreach (var row in store.QueryAsync(Table, new() { Partition = Partition }, cancellationToken))
            if (row.Key != Revision)
                tenants.Add(TenantRow.Read(row));
        return tenants;
    }

    /// <summary>Changes a tenant, or makes one.</summary>
    /// <param name="id">The tenant.</param>
    /// <param name="change">From the tenant as it is, which may be new, to what it should be; may be called again.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The tenant as it now is.</returns>
    /// <exception cref="TableStoreException">The row makes no sense, or others kept changing it.</exception>
    public async Task<Tenant> ChangeAsync(string id, Func<Tenant, Tenant> change, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var stored = await FindAsync(id, cancellationToken);
            if (stored?.Problem is { } problem)
                throw new TableStoreException($"{problem} Correct or delete it in the table {Table}.");

            var changed = change(stored?.Tenant ?? new Tenant(id));
            var condition = stored is null ? PutCondition.IfAbsent : PutCondition.IfMatch(stored.ETag);
            TablePut[] puts =
            [
                new(new(Partition, id), TenantRow.Write(changed), condition),
                new(Revision, new Dictionary<string, object>(), PutCondition.None),
            ];
            if (await store.BatchAsync(Table, puts, cancellationToken) is not null)
                return changed;
        }

        throw new TableStoreException($"Others kept changing tenant {id} in the table {Table}. Try again.");
    }
}

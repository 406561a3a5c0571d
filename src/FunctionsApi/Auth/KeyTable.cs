using System.Security.Cryptography;
using System.Text;
using FunctionsApi.Storage;

namespace FunctionsApi.Auth;

/// <summary>
/// The API keys in the store. <c>KeysById</c> is what counts; <c>Keys</c> holds the same rows by tenant, for listing.
/// </summary>
internal sealed class KeyTable(ITableStore store, TimeProvider time)
{
    private const string ByTenant = "Keys";
    private const string ById = "KeysById";

    private const int MaxAttempts = 10;

    // Written whenever a key is revoked: a cache of keys reads this alone to know which of them no longer hold.
    private static readonly TableKey Revoked = new("revision", "");

    /// <returns>The record, and the key itself, which is nowhere else from now on.</returns>
    public async Task<(KeyRecord Record, string Key)> CreateAsync(
        KeyOwner owner, TimeSpan? lifetime, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var key = ApiKey.Create();
        var hash = ApiKey.Hash(key);
        var record = new KeyRecord
        {
            Id = KeyRecord.IdOf(hash),
            Hash = hash,
            Prefix = ApiKey.DisplayPrefix(key),
            Tenant = owner.Tenant,
            User = owner.User,
            Inference = owner.Inference,
            Agents = owner.Agents,
            Created = now,
            Expires = now + lifetime,
        };
        // Listed first: a crash in between leaves a key that is listed and unusable, not one that works unseen.
        await PutAsync(ByTenant, new(record.Tenant, record.Id), record, cancellationToken);
        await PutAsync(ById, new(record.Id, ""), record, cancellationToken);
        return (record, key);
    }

    /// <summary>The record of a presented key; null where there is none.</summary>
    public async Task<KeyRecord?> FindAsync(string key, CancellationToken cancellationToken)
    {
        var hash = ApiKey.Hash(key);
        return await GetAsync(KeyRecord.IdOf(hash), cancellationToken) is { } record && SameHash(record.Hash, hash) ? record : null;
    }

    /// <summary>The record of one of a tenant's keys; null where the tenant has none of this id.</summary>
    public async Task<KeyRecord?> FindAsync(string tenant, string id, CancellationToken cancellationToken) =>
        await store.GetAsync(ByTenant, new(tenant, id), cancellationToken) is { } row ? KeyRecord.From(row) : null;

    /// <summary>All keys of a tenant, oldest first.</summary>
    public async Task<IReadOnlyList<KeyRecord>> ListAsync(string tenant, CancellationToken cancellationToken)
    {
        var records = new List<KeyRecord>();
        await foreach (var row in store.QueryAsync(ByTenant, new() { Partition = tenant }, cancellationToken))
            records.Add(KeyRecord.From(row));
        return [.. records.OrderBy(record => record.Created)];
    }

    /// <summary>Whether there is any key at all.</summary>
    public async Task<bool> AnyAsync(CancellationToken cancellationToken)
    {
        await foreach (var _ in store.QueryAsync(ByTenant, new(), cancellationToken))
            return true;
        return false;
    }

    /// <returns>The revoked key, or null where no key has this id. Revoking again keeps the first time.</returns>
    /// <exception cref="TableStoreException">The store cannot be asked, or others kept revoking keys; revoke it again.</exception>
    public async Task<KeyRecord?> RevokeAsync(string id, CancellationToken cancellationToken)
    {
        if (await GetAsync(id, cancellationToken) is not { } record)
            return null;
        record = record with { Revoked = record.Revoked ?? time.GetUtcNow() };
        await PutAsync(ById, new(record.Id, ""), record, cancellationToken);
        await AnnounceAsync(record.Id, cancellationToken);
        await PutAsync(ByTenant, new(record.Tenant, record.Id), record, cancellationToken);
        return record;
    }

    /// <summary>Revokes all keys of a tenant.</summary>
    public async Task RevokeAllAsync(string tenant, CancellationToken cancellationToken)
    {
        foreach (var key in await ListAsync(tenant, cancellationToken))
            if (key.Revoked is null)
                await RevokeAsync(key.Id, cancellationToken);
    }

    /// <summary>Deletes all keys of a tenant; they should have been revoked a while ago. Where it is interrupted, calling it again goes on.</summary>
    public async Task DeleteAllAsync(string tenant, CancellationToken cancellationToken)
    {
        foreach (var key in await ListAsync(tenant, cancellationToken))
        {
            // Listed last: what is listed is found again.
            await store.DeleteAsync(ById, new(key.Id, ""), null, cancellationToken);
            await store.DeleteAsync(ByTenant, new(tenant, key.Id), null, cancellationToken);
        }
    }

    /// <summary>Which keys were revoked last, and the version of the row that says so; null before the first.</summary>
    public async Task<(string? ETag, RevokedKeys Keys)> RevokedAsync(CancellationToken cancellationToken) =>
        await store.GetAsync(ById, Revoked, cancellationToken) is { } row ? (row.ETag, RevokedKeys.From(row)) : (null, RevokedKeys.None);

    private async Task AnnounceAsync(string id, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var (eTag, revoked) = await RevokedAsync(cancellationToken);
            var condition = eTag is null ? PutCondition.IfAbsent : PutCondition.IfMatch(eTag);
            if (await store.PutAsync(ById, new(Revoked, revoked.With(id).ToValues(), condition), cancellationToken) is not null)
                return;
        }

        throw new TableStoreException($"Others kept revoking keys at the same time. Revoke {id} again.");
    }

    private async Task<KeyRecord?> GetAsync(string id, CancellationToken cancellationToken) =>
        await store.GetAsync(ById, new(id, ""), cancellationToken) is { } row ? KeyRecord.From(row) : null;

    private Task<string?> PutAsync(string table, TableKey key, KeyRecord record, CancellationToken cancellationToken) =>
        store.PutAsync(table, new(key, record.ToValues(), PutCondition.None), cancellationToken);

    private static bool SameHash(string a, string b) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(a), Encoding.ASCII.GetBytes(b));
}

/// <summary>Whose a key is.</summary>
/// <param name="Tenant">Matches <see cref="Names.IsTenant"/>.</param>
/// <param name="User">Matches <see cref="Names.IsUser"/>.</param>
/// <param name="Inference">Its own plan; null has the tenant's.</param>
/// <param name="Agents">Its own plan; null has the tenant's.</param>
internal sealed record KeyOwner(string Tenant, string User, string? Inference = null, string? Agents = null);

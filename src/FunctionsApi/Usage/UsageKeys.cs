using FunctionsApi.Api;
using FunctionsApi.Auth;

namespace FunctionsApi.Usage;

/// <summary>Whose usage a caller may see: a key its own, a signed-in user that of every key of the tenant.</summary>
internal sealed class UsageKeys(KeyTable keys)
{
    /// <summary>Whom a caller asks about.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="key">A key's id, or <see cref="UsageSeries.Dashboard"/>; null is the caller.</param>
    /// <param name="cancellationToken">Gives up, where the store has to be asked.</param>
    /// <exception cref="ApiException">404: there is no such key, or it is not the caller's to see; which of these is not told.</exception>
    public async Task<Caller> SubjectAsync(Caller caller, string? key, CancellationToken cancellationToken)
    {
        if (key is null || key == caller.KeyId || (caller.KeyId is null && key == UsageSeries.Dashboard))
            return caller;
        var record = caller.KeyId is null && KeyRecord.IsId(key) ? await keys.FindAsync(caller.Tenant, key, cancellationToken) : null;
        return record?.ToCaller()
            ?? throw new ApiException(404, "unknown_key", "You have no key of this id: leave 'key' out to see all that is yours.");
    }

    /// <summary>A tenant's usage by key.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="rows">All of the tenant's.</param>
    /// <param name="cancellationToken">Gives up reading.</param>
    public async Task<IReadOnlyList<KeyUsage>> BreakDownAsync(string tenant, IReadOnlyList<UsageRow> rows, CancellationToken cancellationToken)
    {
        var records = (await keys.ListAsync(tenant, cancellationToken)).ToDictionary(record => record.Id);
        return [.. rows
            .GroupBy(row => row.Series.Key)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new KeyUsage(
                group.Key,
                records.GetValueOrDefault(group.Key)?.Prefix,
                records.GetValueOrDefault(group.Key)?.User,
                UsageLine.Of(group, _ => null)))];
    }
}

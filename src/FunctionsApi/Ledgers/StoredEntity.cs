using FunctionsApi.Quotas.Entities;
using FunctionsApi.Storage;

namespace FunctionsApi.Ledgers;

/// <summary>A quota entity as a row held it.</summary>
/// <param name="Entity">The entity.</param>
/// <param name="ETag">The row's version; null where there is no row.</param>
/// <param name="Bytes">How many bytes it is stored in.</param>
internal sealed record StoredEntity(QuotaEntity Entity, string? ETag, int Bytes)
{
    public static StoredEntity None { get; } = new(QuotaEntity.Empty, null, 0);

    /// <exception cref="InvalidDataException">The row is no entity that this program knows.</exception>
    public static StoredEntity From(TableRow row)
    {
        var state = EntityColumns.Read(row);
        return new(QuotaEntityCodec.Decode(state), row.ETag, state.Length);
    }
}

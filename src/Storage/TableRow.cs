namespace FunctionsApi.Storage;

/// <summary>Where a row is.</summary>
public readonly record struct TableKey(string Partition, string Row);

/// <summary>A row as it was read.</summary>
/// <param name="Key">Where it is.</param>
/// <param name="Values">
/// Its columns, in no order. A name is 1 to 255 letters, digits and underscores, does not start with a digit and is not
/// PartitionKey, RowKey or Timestamp. A value is a <see cref="string"/> (well-formed), <see cref="long"/>,
/// <see cref="double"/> (finite), <see cref="bool"/>, <see cref="DateTimeOffset"/> (UTC, from 1601) or <see cref="byte"/> array;
/// strings and byte arrays hold at most 64 KiB (a string counts 2 bytes a character), a row 252 columns and 1 MiB.
/// </param>
/// <param name="ETag">Its version: opaque, and new with every write.</param>
public sealed record TableRow(TableKey Key, IReadOnlyDictionary<string, object> Values, string ETag);

/// <summary>A row to write, and what must hold for it to be written.</summary>
public sealed record TablePut(TableKey Key, IReadOnlyDictionary<string, object> Values, PutCondition Condition);

/// <summary>What must hold for a row to be written.</summary>
public readonly record struct PutCondition
{
    private PutCondition(string? eTag, bool absent) => (ETag, MustBeAbsent) = (eTag, absent);

    /// <summary>The version that the row must have; null is any.</summary>
    public string? ETag { get; }

    /// <summary>The row must not exist.</summary>
    public bool MustBeAbsent { get; }

    /// <summary>Write whatever is there.</summary>
    public static PutCondition None { get; }

    public static PutCondition IfAbsent { get; } = new(null, true);

    public static PutCondition IfMatch(string eTag) => new(eTag, false);

    /// <param name="current">The ETag of the row that is there; null where there is none.</param>
    internal bool HoldsFor(string? current) => MustBeAbsent ? current is null : ETag is null || ETag == current;
}

/// <summary>Which rows to read.</summary>
public sealed record TableQuery
{
    /// <summary>One partition; null reads all.</summary>
    public string? Partition { get; init; }

    /// <summary>The first row key, inclusive; null starts at the first.</summary>
    public string? FromRow { get; init; }

    /// <summary>The end of the row keys, exclusive; null goes to the last.</summary>
    public string? ToRow { get; init; }
}

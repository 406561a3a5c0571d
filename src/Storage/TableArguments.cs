using FunctionsApi.Storage.Azure;

namespace FunctionsApi.Storage;

/// <summary>
/// The limits that <see cref="ITableStore"/> promises, checked by every implementation before it does anything, so that
/// what one store accepts all accept. They are those of Azure Table Storage, the narrowest; sizes are counted its way:
/// https://learn.microsoft.com/azure/storage/tables/table-storage-design#capacity-considerations
/// </summary>
internal static class TableArguments
{
    private const int MaxColumns = 252;
    private const int MaxColumnNameLength = 255;
    private const int MaxValueBytes = 64 * 1024;
    private const int MaxRowBytes = 1024 * 1024;
    private const int MaxBatchRows = 100;

    // The service takes requests of 4 MiB, and what we count grows by a third in base64 and may grow threefold as JSON text.
    private const int MaxBatchBytes = 1024 * 1024;

    private static readonly DateTimeOffset MinTime = new(1601, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static void Check(string table)
    {
        if (table is not { Length: >= 3 and <= 63 } || !char.IsAsciiLetter(table[0]) || !table.All(char.IsAsciiLetterOrDigit))
            throw new ArgumentException(
                $"A table name is 3 to 63 letters and digits and starts with a letter; '{table}' is not.", nameof(table));
    }

    public static void Check(string table, TableKey key)
    {
        Check(table);
        Check(key);
    }

    public static void Check(string table, TableQuery query)
    {
        Check(table);
        CheckKey(query.Partition ?? "");
        CheckKey(query.FromRow ?? "");
        CheckKey(query.ToRow ?? "");
    }

    public static void Check(string table, TablePut put)
    {
        Check(table, put.Key);
        CheckRow(put);
    }

    public static void Check(string table, IReadOnlyList<TablePut> puts)
    {
        Check(table);
        if (puts.Count > MaxBatchRows)
            throw new ArgumentException($"A batch has at most {MaxBatchRows} rows, not {puts.Count}.", nameof(puts));
        foreach (var put in puts)
            Check(put.Key);
        if (puts.Any(put => put.Key.Partition != puts[0].Key.Partition))
            throw new ArgumentException("The rows of a batch are of one partition.", nameof(puts));
        if (puts.DistinctBy(put => put.Key).Count() != puts.Count)
            throw new ArgumentException("A batch writes a row once.", nameof(puts));
        if (puts.Sum(CheckRow) is > MaxBatchBytes and var bytes)
            throw new ArgumentException($"A batch has at most {MaxBatchBytes:N0} bytes, not {bytes:N0}.", nameof(puts));
    }

    private static void Check(TableKey key)
    {
        CheckKey(key.Partition);
        CheckKey(key.Row);
    }

    private static void CheckKey(string? key)
    {
        if (key is null)
            throw new ArgumentException("A key is text; where there is nothing to say it is empty, not null.", nameof(key));
        if (EscapedKey.Length(key) is > EscapedKey.MaxLength and var length)
            throw new ArgumentException(
                $"A key has at most {EscapedKey.MaxLength} characters, and those that have to be escaped count twice; "
                + $"this one has {length}.", nameof(key));
        if (!IsWellFormed(key))
            throw new ArgumentException("A key is well-formed text; this one has half of a surrogate pair.", nameof(key));
    }

    /// <returns>Its size.</returns>
    private static long CheckRow(TablePut put)
    {
        if (put.Values.Count > MaxColumns)
            throw new ArgumentException($"A row has at most {MaxColumns} columns, not {put.Values.Count}.", nameof(put));
        var bytes = 4L + ((EscapedKey.Length(put.Key.Partition) + EscapedKey.Length(put.Key.Row)) * 2) + put.Values.Sum(CheckColumn);
        if (bytes > MaxRowBytes)
            throw new ArgumentException($"A row has at most {MaxRowBytes:N0} bytes, not {bytes:N0}.", nameof(put));
        return bytes;
    }

    private static int CheckColumn(KeyValuePair<string, object> column)
    {
        var (name, value) = column;
        CheckColumnName(name);
        CheckValue(name, value);
        var bytes = value switch { string text => text.Length * 2, byte[] data => data.Length, bool => 1, _ => 8 };
        if (bytes > MaxValueBytes)
            throw new ArgumentException(
                $"Column '{name}' has {bytes:N0} bytes; a value has at most {MaxValueBytes:N0}.", nameof(column));
        return 8 + (name.Length * 2) + bytes;
    }

    private static void CheckColumnName(string name)
    {
        var valid = name.Length is > 0 and <= MaxColumnNameLength
            && !char.IsAsciiDigit(name[0])
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')
            && name is not ("PartitionKey" or "RowKey" or "Timestamp");
        if (!valid)
            throw new ArgumentException(
                $"A column name is 1 to {MaxColumnNameLength} letters, digits and underscores, does not start with a digit "
                + $"and is not PartitionKey, RowKey or Timestamp; '{name}' is not such a name.", nameof(name));
    }

    private static void CheckValue(string column, object? value)
    {
        if (value is not (string or long or double or bool or DateTimeOffset or byte[]))
            throw new ArgumentException(
                $"Column '{column}' is {value?.GetType().Name ?? "null"}; a value is a string, long, double, bool, "
                + "DateTimeOffset or byte[].", nameof(value));
        if (value is string text && !IsWellFormed(text))
            throw new ArgumentException(
                $"Column '{column}' is not well-formed text; it has half of a surrogate pair.", nameof(value));
        if (value is double number && !double.IsFinite(number))
            throw new ArgumentException($"Column '{column}' is {number}; a double is finite.", nameof(value));
        if (value is DateTimeOffset time && (time.Offset != TimeSpan.Zero || time < MinTime))
            throw new ArgumentException(
                $"Column '{column}' is '{time:O}'; a time is UTC and not before 1601.", nameof(value));
    }

    /// <summary>Whether it has no half of a surrogate pair.</summary>
    internal static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !char.IsSurrogatePair(text, i++))
                return false;
        }

        return true;
    }
}

using System.Diagnostics.CodeAnalysis;

namespace FunctionsApi.Storage;

/// <summary>
/// The limits that <see cref="ITableStore"/> promises, checked by every implementation before it does anything, so that
/// what one store accepts all accept. They are those of Azure Table Storage, the narrowest; sizes are counted its way:
/// https://learn.microsoft.com/azure/storage/tables/table-storage-design#capacity-considerations
/// </summary>
internal static class TableArguments
{
    private const int MaxKeyLength = 512;
    private const int MaxColumns = 252;
    private const int MaxColumnNameLength = 255;
    private const int MaxValueBytes = 64 * 1024;
    private const int MaxRowBytes = 1024 * 1024;
    private const int MaxBatchRows = 100;

    // The service takes requests of 4 MiB, and what we count grows by a third in base64 and may double as JSON text.
    private const int MaxBatchBytes = 2 * 1024 * 1024;

    private static readonly DateTimeOffset MinTime = new(1601, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static void Check(string table)
    {
        var valid = table is { Length: >= 3 and <= 63 } && char.IsAsciiLetter(table[0]) && table.All(char.IsAsciiLetterOrDigit);
        Require(valid, $"A table name is 3 to 63 letters and digits and starts with a letter; '{table}' is not.", nameof(table));
    }

    public static void Check(string table, TableKey key)
    {
        Check(table);
        Check(key);
    }

    public static void Check(string table, TableQuery query)
    {
        Check(table);
        CheckKey(query.Partition ?? "", nameof(query.Partition));
        CheckKey(query.FromRow ?? "", nameof(query.FromRow));
        CheckKey(query.ToRow ?? "", nameof(query.ToRow));
    }

    public static void Check(string table, IReadOnlyList<TablePut> puts)
    {
        Check(table);
        Require(puts.Count <= MaxBatchRows, $"A batch has at most {MaxBatchRows} rows, not {puts.Count}.", nameof(puts));
        var rows = new HashSet<string>(StringComparer.Ordinal);
        var bytes = 0L;
        foreach (var put in puts)
        {
            Check(put.Key);
            bytes += CheckRow(put);
            Require(put.Key.Partition == puts[0].Key.Partition, "The rows of a batch are of one partition.", nameof(puts));
            Require(rows.Add(put.Key.Row), $"A batch writes a row once; '{put.Key.Row}' comes twice.", nameof(puts));
        }

        Require(bytes <= MaxBatchBytes, $"A batch has at most {MaxBatchBytes:N0} bytes, not {bytes:N0}.", nameof(puts));
    }

    private static void Check(TableKey key)
    {
        CheckKey(key.Partition, nameof(key.Partition));
        CheckKey(key.Row, nameof(key.Row));
    }

    private static void CheckKey([NotNull] string? key, string name)
    {
        Require(key is not null, "A key is text, and empty where there is nothing to say; not null.", name);
        Require(key.Length <= MaxKeyLength, $"A key has at most {MaxKeyLength} characters, not {key.Length}.", name);
        Require(IsWellFormed(key), "A key is well-formed text: this one has half of a surrogate pair.", name);
    }

    private static long CheckRow(TablePut put)
    {
        Require(put.Values.Count <= MaxColumns, $"A row has at most {MaxColumns} columns, not {put.Values.Count}.", "values");
        var bytes = 4L + ((put.Key.Partition.Length + put.Key.Row.Length) * 2);
        foreach (var (name, value) in put.Values)
            bytes += 8 + (name.Length * 2) + CheckValue(name, value);

        Require(bytes <= MaxRowBytes, $"A row has at most {MaxRowBytes:N0} bytes, not {bytes:N0}.", "values");
        return bytes;
    }

    private static int CheckValue(string name, object value)
    {
        CheckColumnName(name);
        var bytes = value switch
        {
            string text => text.Length * 2,
            byte[] data => data.Length,
            long or double or DateTimeOffset => 8,
            bool => 1,
            _ => throw new ArgumentException(
                $"Column '{name}' is {value?.GetType().Name ?? "null"}: a value is a string, long, double, bool, DateTimeOffset or byte[].", name),
        };
        Require(bytes <= MaxValueBytes, $"Column '{name}' has {bytes:N0} bytes: a value has at most {MaxValueBytes:N0}.", name);
        Require(value is not string s || IsWellFormed(s), $"Column '{name}' is not well-formed text: it has half of a surrogate pair.", name);
        Require(value is not DateTimeOffset t || (t.Offset == TimeSpan.Zero && t >= MinTime), $"Column '{name}' is '{value}': a time is UTC and not before 1601.", name);
        return bytes;
    }

    private static void CheckColumnName(string name)
    {
        var valid = name.Length is > 0 and <= MaxColumnNameLength
            && (char.IsAsciiLetter(name[0]) || name[0] == '_')
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')
            && name is not ("PartitionKey" or "RowKey" or "Timestamp");
        Require(valid, $"A column name is 1 to {MaxColumnNameLength} letters, digits and underscores, does not start with a digit "
            + $"and is not PartitionKey, RowKey or Timestamp; '{name}' is not such a name.", nameof(name));
    }

    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !char.IsSurrogatePair(text, i++))
                return false;
        }

        return true;
    }

    private static void Require([DoesNotReturnIf(false)] bool valid, string message, string name)
    {
        if (!valid)
            throw new ArgumentException(message, name);
    }
}

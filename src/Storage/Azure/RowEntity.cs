using System.Globalization;
using Azure.Data.Tables;

namespace FunctionsApi.Storage.Azure;

/// <summary>Rows as the SDK has them.</summary>
internal static class RowEntity
{
    public static TableEntity Of(TablePut put)
    {
        var entity = new TableEntity(EscapedKey.Escape(put.Key.Partition), EscapedKey.Escape(put.Key.Row));
        foreach (var (name, value) in put.Values)
            entity[name] = value;
        return entity;
    }

    /// <exception cref="InvalidDataException">A key is none that this program wrote.</exception>
    public static TableRow Row(TableEntity entity)
    {
        var values = new Dictionary<string, object>(entity.Count, StringComparer.Ordinal);
        foreach (var (name, value) in entity)
            if (value is not null && name is not ("PartitionKey" or "RowKey" or "Timestamp") && !name.StartsWith("odata.", StringComparison.Ordinal))
                values[name] = Value(value);
        return new(
            new(EscapedKey.Unescape(entity.PartitionKey), EscapedKey.Unescape(entity.RowKey)), values, entity.ETag.ToString());
    }

    // Int32 and Guid are another program's, for this one writes none.
    private static object Value(object value) => value switch
    {
        int number => (long)number,
        Guid id => id.ToString(),
        DateTime time => new DateTimeOffset(time.ToUniversalTime()),
        BinaryData data => data.ToArray(),
        string or long or double or bool or DateTimeOffset or byte[] => value,
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}

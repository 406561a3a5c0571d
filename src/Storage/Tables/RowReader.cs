using System.Globalization;
using System.Text.Json;

namespace FunctionsApi.Storage.Tables;

/// <summary>Reads rows from JSON with minimal metadata.</summary>
/// <remarks>Every method throws a <see cref="JsonException"/>, <see cref="FormatException"/>,
/// <see cref="InvalidOperationException"/> or <see cref="InvalidDataException"/> for what Azure Tables would not send.</remarks>
internal static class RowReader
{
    public static TableRow Row(ReadOnlySpan<byte> utf8)
    {
        var json = new Utf8JsonReader(utf8);
        json.Read();
        return Row(ref json);
    }

    /// <summary>The rows of one page of a query.</summary>
    public static List<TableRow> Rows(ReadOnlySpan<byte> utf8)
    {
        var json = new Utf8JsonReader(utf8);
        List<TableRow>? rows = null;
        json.Read();
        while (NextMember(ref json))
        {
            var isRows = json.ValueTextEquals("value"u8);
            json.Read();
            if (isRows)
                rows = Array(ref json);
            else
                json.Skip();
        }

        // What has no rows is not an empty page but something else.
        return rows ?? throw new JsonException("There are no rows.");
    }

    private static List<TableRow> Array(ref Utf8JsonReader json)
    {
        var rows = new List<TableRow>();
        if (json.TokenType != JsonTokenType.StartArray)
            throw new JsonException("The rows are no array.");
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            rows.Add(Row(ref json));
        return rows;
    }

    private static TableRow Row(ref Utf8JsonReader json)
    {
        string? partition = null, row = null, eTag = null, typed = null, type = null;
        var values = new Dictionary<string, object>(StringComparer.Ordinal);
        if (json.TokenType != JsonTokenType.StartObject)
            throw new JsonException("A row is no object.");
        while (NextMember(ref json))
        {
            var name = json.GetString()!;
            json.Read();
            if (name == "PartitionKey")
                partition = json.GetString();
            else if (name == "RowKey")
                row = json.GetString();
            else if (name == "odata.etag")
                eTag = json.GetString();
            else if (name.EndsWith(EdmTypes.Annotation, StringComparison.Ordinal))
                (typed, type) = (name[..^EdmTypes.Annotation.Length], json.GetString());
            else if (name is not "Timestamp" && !name.StartsWith("odata.", StringComparison.Ordinal))
                values[name] = Value(ref json, name == typed ? type : null);
        }

        return partition is not null && row is not null && eTag is not null
            ? new(new(EscapedKey.Unescape(partition), EscapedKey.Unescape(row)), values, eTag)
            : throw new JsonException("A row has no key or no ETag.");
    }

    private static object Value(ref Utf8JsonReader json, string? type) => (json.TokenType, type) switch
    {
        (JsonTokenType.True, _) => true,
        (JsonTokenType.False, _) => false,
        (JsonTokenType.String, EdmTypes.Int64) => long.Parse(json.GetString()!, CultureInfo.InvariantCulture),
        (JsonTokenType.String, EdmTypes.Binary) => json.GetBytesFromBase64(),
        (JsonTokenType.String, EdmTypes.DateTime) => Time(json.GetString()!),
        (JsonTokenType.String, EdmTypes.Double) => double.Parse(json.GetString()!, CultureInfo.InvariantCulture),
        (JsonTokenType.String, _) => json.GetString()!,
        // Where no type is said, a number with a point or an exponent is a double and any other Edm.Int32: another
        // program's, for this one writes none.
        (JsonTokenType.Number, null) when json.TryGetInt64(out var number) => number,
        (JsonTokenType.Number, _) => json.GetDouble(),
        _ => throw new JsonException($"A value is {json.TokenType}."),
    };

    private static DateTimeOffset Time(string text) =>
        DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    private static bool NextMember(ref Utf8JsonReader json) =>
        json.Read() && json.TokenType == JsonTokenType.PropertyName;
}

using System.Buffers;
using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FunctionsApi.Storage.Tables;

/// <summary>Writes rows as JSON that says the type of every value that JSON alone does not.</summary>
internal static class RowWriter
{
    // What HTML would need escaped would triple the size of texts that are not English.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static ReadOnlyMemory<byte> Write(TablePut put)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(buffer, Options);
        json.WriteStartObject();
        json.WriteString("PartitionKey"u8, EscapedKey.Escape(put.Key.Partition));
        json.WriteString("RowKey"u8, EscapedKey.Escape(put.Key.Row));
        foreach (var (name, value) in put.Values)
            Write(json, name, value);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter json, string name, object value)
    {
        switch (value)
        {
            case string text:
                json.WriteString(name, text);
                break;
            case bool flag:
                json.WriteBoolean(name, flag);
                break;
            case long number:
                WriteType(json, name, EdmTypes.Int64);
                json.WriteString(name, $"{number}");
                break;
            case double number:
                WriteType(json, name, EdmTypes.Double);
                Write(json, name, number);
                break;
            case DateTimeOffset time:
                WriteType(json, name, EdmTypes.DateTime);
                json.WriteString(name, time.UtcDateTime.ToString(EdmTypes.DateTimeFormat));
                break;
            case byte[] data:
                WriteType(json, name, EdmTypes.Binary);
                json.WriteBase64String(name, data);
                break;
            default:
                throw new UnreachableException($"{nameof(TableArguments)} lets no {value.GetType().Name} pass.");
        }
    }

    private static void Write(Utf8JsonWriter json, string name, double number)
    {
        if (double.IsFinite(number))
            json.WriteNumber(name, number);
        else
            json.WriteString(name, double.IsNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity");
    }

    private static void WriteType(Utf8JsonWriter json, string name, string type) =>
        json.WriteString(name + EdmTypes.Annotation, type);
}

using System.Diagnostics;

namespace FunctionsApi.Storage.Sqlite;

/// <summary>
/// A row's columns as bytes. For each column: its name, a letter for its type, its value; texts and byte arrays are
/// preceded by their length, numbers and times (100 ns units since 0001-01-01 UTC) are 8 bytes, little-endian.
/// </summary>
internal static class ColumnBytes
{
    public static byte[] Encode(IReadOnlyDictionary<string, object> values)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        foreach (var (name, value) in values)
        {
            writer.Write(name);
            Write(writer, value);
        }

        return stream.ToArray();
    }

    /// <exception cref="InvalidDataException">The bytes are not what <see cref="Encode"/> wrote.</exception>
    public static IReadOnlyDictionary<string, object> Decode(byte[] bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes));
        var values = new Dictionary<string, object>(StringComparer.Ordinal);
        try
        {
            while (reader.BaseStream.Position < bytes.Length)
                values[reader.ReadString()] = Read(reader);
            return values;
        }
        catch (Exception e) when (e is IOException or FormatException or ArgumentException)
        {
            throw new InvalidDataException("The columns of a row are cut off or garbled.", e);
        }
    }

    private static void Write(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case string text:
                writer.Write((byte)'s');
                writer.Write(text);
                break;
            case long number:
                writer.Write((byte)'l');
                writer.Write(number);
                break;
            case double number:
                writer.Write((byte)'d');
                writer.Write(number);
                break;
            case bool flag:
                writer.Write((byte)'b');
                writer.Write(flag);
                break;
            case DateTimeOffset time:
                writer.Write((byte)'t');
                writer.Write(time.UtcTicks);
                break;
            case byte[] data:
                writer.Write((byte)'x');
                writer.Write7BitEncodedInt(data.Length);
                writer.Write(data);
                break;
            default:
                throw new UnreachableException($"{nameof(TableArguments)} lets no {value.GetType().Name} pass.");
        }
    }

    private static object Read(BinaryReader reader) => (char)reader.ReadByte() switch
    {
        's' => reader.ReadString(),
        'l' => reader.ReadInt64(),
        'd' => reader.ReadDouble(),
        'b' => reader.ReadBoolean(),
        't' => new DateTimeOffset(reader.ReadInt64(), TimeSpan.Zero),
        'x' => ReadBytes(reader),
        var type => throw new InvalidDataException($"A column has the unknown type '{type}'."),
    };

    private static byte[] ReadBytes(BinaryReader reader)
    {
        var length = reader.Read7BitEncodedInt();
        // Looked at first: a garbled length must not have gigabytes allocated.
        if (length > reader.BaseStream.Length - reader.BaseStream.Position)
            throw new EndOfStreamException();
        return reader.ReadBytes(length);
    }
}

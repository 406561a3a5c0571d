using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace FunctionsApi.Quotas.Policies.PlanFiles;

/// <summary>Reads a file into <see cref="JsonPart"/>s; reports what is not JSON, and members that are there twice.</summary>
internal static class JsonPartReader
{
    private const int MaxDepth = 16;

    private static ReadOnlySpan<byte> Blank => " \t\r\n"u8;

    /// <returns>Null where the file is not JSON.</returns>
    public static JsonPart? Read(byte[] file, PlanErrors errors)
    {
        if (!Utf8.IsValid(file))
            return errors.AddForFile(FirstInvalidByte(file), "the file is not UTF-8 text", "Save it as UTF-8.");
        if (file.AsSpan().Trim(Blank).IsEmpty)
            return errors.AddForFile(0, "the file is empty", "Start from infra/plans.json.");

        try
        {
            var reader = new Utf8JsonReader(file, new JsonReaderOptions { MaxDepth = MaxDepth });
            reader.Read();
            var root = ReadPart(ref reader, "", errors);
            reader.Read();
            return root;
        }
        catch (JsonException malformed)
        {
            var offset = errors.Offset((int)malformed.LineNumber!, (int)malformed.BytePositionInLine!);
            return file.AsSpan(offset).Trim(Blank).IsEmpty
                ? errors.AddForFile(offset, "the file ends before its JSON does", "Restore its end, or close what is open.")
                : errors.AddForFile(
                    offset, $"not JSON: {FirstSentence(malformed.Message)}", "Correct the text here or just before.");
        }
    }

    private static JsonPart ReadPart(ref Utf8JsonReader reader, string path, PlanErrors errors)
    {
        var start = (int)reader.TokenStartIndex;
        return reader.TokenType switch
        {
            JsonTokenType.StartObject => new JsonObjectPart(start, path, ReadMembers(ref reader, path, errors)),
            JsonTokenType.StartArray => new JsonArrayPart(start, path, ReadItems(ref reader, path, errors)),
            JsonTokenType.String => new JsonTextPart(start, path, ReadText(ref reader, path, errors)),
            JsonTokenType.Number => new JsonNumberPart(start, path, Encoding.UTF8.GetString(reader.ValueSpan)),
            JsonTokenType.True or JsonTokenType.False => new JsonFlagPart(start, path, reader.GetBoolean()),
            _ => new JsonNullPart(start, path),
        };
    }

    private static List<JsonMember> ReadMembers(ref Utf8JsonReader reader, string path, PlanErrors errors)
    {
        var members = new Dictionary<string, JsonMember>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var start = (int)reader.TokenStartIndex;
            var name = ReadText(ref reader, path, errors);
            var memberPath = path.Length == 0 ? Wording.Shown(name) : $"{path}.{Wording.Shown(name)}";
            reader.Read();
            var member = new JsonMember(name, start, ReadPart(ref reader, memberPath, errors));
            if (!members.TryAdd(name, member))
                errors.Add(start, memberPath, $"there already is one at {errors.Place(members[name].Start)}", "Remove one of them.");
        }

        return [.. members.Values];
    }

    private static List<JsonPart> ReadItems(ref Utf8JsonReader reader, string path, PlanErrors errors)
    {
        var items = new List<JsonPart>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            items.Add(ReadPart(ref reader, $"{path}[{items.Count}]", errors));
        return items;
    }

    private static string ReadText(ref Utf8JsonReader reader, string path, PlanErrors errors)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // The escapes of this text make half a character (\ud800): JSON's grammar allows it, no string can hold it.
            errors.Add((int)reader.TokenStartIndex, path, "the \\u escapes in this text make no character", "Write plain letters.");
            return "";
        }
    }

    private static int FirstInvalidByte(byte[] file)
    {
        Utf8.ToUtf16(file, new char[file.Length], out var valid, out _, replaceInvalidSequences: false);
        return valid;
    }

    private static string FirstSentence(string message) => message.Split(". ", 2)[0].TrimEnd('.');
}

// A page of events is a chain of gzip members, and each of them a chain of JSON objects, so that more is added at the end without
// unpacking what is there:
//
//   {"receivedAt":"2026-02-27T09:30:00Z","timestamp":"2026-02-27T09:29:58Z","event":{…}}
//
// A member holds up to 48 KiB before it is packed, and so fits into the 64 KiB of a value even where nothing can be gained.

using System.Buffers;
using System.IO.Compression;
using System.Text.Json;

namespace FunctionsApi.Agents.Analytics.Journal;

/// <summary>Events as they are stored.</summary>
internal static class EventPage
{
    public const int MaxBytes = 64 * 1024;

    private const int MaxMemberBytes = 48 * 1024;

    /// <summary>About what an event takes before it is packed.</summary>
    public static int SizeOf(AnalyticsEvent added) => added.Json.Length + 100;

    /// <summary>Packs events.</summary>
    public static IEnumerable<byte[]> Members(IEnumerable<AnalyticsEvent> events, DateTimeOffset now)
    {
        var member = new ArrayBufferWriter<byte>(MaxMemberBytes);
        foreach (var added in events)
        {
            if (member.WrittenCount > 0 && member.WrittenCount + SizeOf(added) > MaxMemberBytes)
            {
                yield return Pack(member.WrittenSpan);
                member.ResetWrittenCount();
            }

            Write(member, added, now);
        }

        if (member.WrittenCount > 0)
            yield return Pack(member.WrittenSpan);
    }

    /// <summary>Unpacks a page.</summary>
    public static IEnumerable<StoredEvent> Read(byte[] page)
    {
        using var gzip = new GZipStream(new MemoryStream(page), CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        gzip.CopyTo(unpacked);
        return Read(unpacked.GetBuffer().AsSpan(0, (int)unpacked.Length));
    }

    private static List<StoredEvent> Read(ReadOnlySpan<byte> json)
    {
        List<StoredEvent> events = [];
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { AllowMultipleValues = true, MaxDepth = 70 });
        while (reader.Read())
        {
            var stored = JsonElement.ParseValue(ref reader);
            events.Add(new(
                stored.GetProperty("receivedAt").GetDateTimeOffset(), stored.GetProperty("timestamp").GetDateTimeOffset(), stored.GetProperty("event")));
        }

        return events;
    }

    private static void Write(ArrayBufferWriter<byte> member, AnalyticsEvent added, DateTimeOffset now)
    {
        using var json = new Utf8JsonWriter(member, new JsonWriterOptions { SkipValidation = true });
        json.WriteStartObject();
        json.WriteString("receivedAt", now.UtcDateTime);
        json.WriteString("timestamp", added.Timestamp.UtcDateTime);
        json.WritePropertyName("event");
        json.WriteRawValue(added.Json.Span, skipInputValidation: true);
        json.WriteEndObject();
    }

    private static byte[] Pack(ReadOnlySpan<byte> member)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(member);
        return packed.ToArray();
    }
}

/// <param name="ReceivedAt">When it came, UTC.</param>
/// <param name="Timestamp">When it happened, UTC.</param>
/// <param name="Event">As it was sent.</param>
internal sealed record StoredEvent(DateTimeOffset ReceivedAt, DateTimeOffset Timestamp, JsonElement Event);

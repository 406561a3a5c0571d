using System.Buffers;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using FunctionsApi.Api;
using Microsoft.Net.Http.Headers;

namespace FunctionsApi.Agents.Analytics;

/// <summary>
/// Reads events as they are sent: as JSON, one, a list of them, or an object that holds the list as <c>events</c>; or as NDJSON, one a
/// line. Either may be compressed by gzip.
/// </summary>
internal static class EventBody
{
    /// <summary>The longest body as it is sent, and the longest that one may become when it is decompressed.</summary>
    public const int MaxBytes = 4 * 1024 * 1024, MaxUnzippedBytes = 8 * 1024 * 1024;

    public const int MaxEvents = 1000;

    private const string Lines = "application/x-ndjson";
    private const int MaxDepth = 64;

    private static readonly byte[] End = RandomNumberGenerator.GetBytes(16), EndMember = Zip(End);

    /// <summary>Every event is judged by itself.</summary>
    /// <exception cref="ApiException">400: this is no list of 1 to 1,000 events; 413: too long; 415: neither JSON nor NDJSON.</exception>
    public static async Task<SentEvents> ReadAsync(ApiRequest request, DateTimeOffset now)
    {
        var (isLines, isZipped) = FormOf(request.Http);
        var body = await request.ReadBytesAsync(MaxBytes);
        if (isZipped)
            body = new(Unzip(body));
        if (body.IsEmpty)
            throw new ApiException(400, "missing_body", "The request needs events in its body.");
        return isLines ? ReadLines(body, now) : ReadJson(body, now);
    }

    private static (bool IsLines, bool IsZipped) FormOf(HttpContext http)
    {
        var isLines = MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type)
            && type.MediaType.Equals(Lines, StringComparison.OrdinalIgnoreCase);
        if (!isLines && http.Request.ContentType is { } other && !JsonBody.IsJson(other))
            throw new ApiException(415, "unsupported_media_type", $"Send events as Content-Type: application/json or {Lines}.");
        return (isLines, IsZipped(http));
    }

    private static bool IsZipped(HttpContext http) => http.Request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant() switch
    {
        "" or "identity" => false,
        "gzip" or "x-gzip" => true,
        _ => throw OtherEncoding(http),
    };

    private static ApiException OtherEncoding(HttpContext http)
    {
        // RFC 9110, section 12.5.3.
        http.Response.Headers.AcceptEncoding = "gzip, identity";
        return new(415, "unsupported_media_type", "Send the body with Content-Encoding: gzip, or without one.");
    }

    // GZipStream takes what is cut off for the whole. What follows a member that is whole is the next: its content comes out at the end.
    private static ReadOnlyMemory<byte> Unzip(ReadOnlySequence<byte> body)
    {
        using var zipped = new GZipStream(new MemoryStream([.. body.ToArray(), .. EndMember]), CompressionMode.Decompress);
        using var unzipped = new MemoryStream();
        var piece = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            for (int read; (read = zipped.Read(piece)) > 0;)
            {
                unzipped.Write(piece, 0, read);
                if (unzipped.Length > MaxUnzippedBytes + End.Length)
                    throw new ApiException(413, "body_too_large", $"The body is longer than {MaxUnzippedBytes} bytes when it is decompressed.");
            }
        }
        catch (InvalidDataException)
        {
            throw MalformedGzip();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }

        var content = unzipped.GetBuffer().AsMemory(0, (int)unzipped.Length);
        return content.Span.EndsWith(End) ? content[..^End.Length] : throw MalformedGzip();
    }

    private static byte[] Zip(byte[] content)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest))
            gzip.Write(content);
        return zipped.ToArray();
    }

    private static ApiException MalformedGzip() => new(400, "malformed_gzip", "The body is not valid gzip, or is cut off.");

    private static SentEvents ReadJson(ReadOnlySequence<byte> body, DateTimeOffset now)
    {
        using var document = ParseOrNull(body) ?? throw new ApiException(
            400, "malformed_json", $"The body is not valid JSON, or is nested more than {MaxDepth} deep.");
        var events = new SentEvents();
        AddAll(events, document.RootElement, now);
        return events;
    }

    private static SentEvents ReadLines(ReadOnlySequence<byte> body, DateTimeOffset now)
    {
        var events = new SentEvents();
        var reader = new SequenceReader<byte>(body);
        while (!reader.End)
        {
            if (!reader.TryReadTo(out ReadOnlySequence<byte> line, (byte)'\n'))
            {
                line = reader.UnreadSequence;
                reader.AdvanceToEnd();
            }

            if (IsBlank(line))
                continue;
            using var document = ParseOrNull(line);
            events.Add(document?.RootElement, now);
            if (events.Count > MaxEvents)
                throw WrongCount("more");
        }

        return events.Count > 0 ? events : throw WrongCount("0");
    }

    private static bool IsBlank(ReadOnlySequence<byte> line)
    {
        foreach (var part in line)
            if (part.Span.ContainsAnyExcept((byte)' ', (byte)'\t', (byte)'\r'))
                return false;
        return true;
    }

    private static JsonDocument? ParseOrNull(ReadOnlySequence<byte> json)
    {
        try
        {
            return JsonDocument.Parse(JsonBody.WithoutByteOrderMark(json), new() { MaxDepth = MaxDepth });
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void AddAll(SentEvents events, JsonElement body, DateTimeOffset now)
    {
        if (body.ValueKind is not (JsonValueKind.Array or JsonValueKind.Object))
            throw Invalid("The body must be an event, an array of events, or an object with 'events'.");
        var list = body;
        if (body.ValueKind == JsonValueKind.Object && !TryFindList(body, out list))
        {
            events.Add(body, now);
            return;
        }

        if (list.ValueKind != JsonValueKind.Array)
            throw Invalid("'events' must be an array.");
        if (list.GetArrayLength() is < 1 or > MaxEvents)
            throw WrongCount($"{list.GetArrayLength()}");
        foreach (var json in list.EnumerateArray())
            events.Add(json, now);
    }

    private static bool TryFindList(JsonElement body, out JsonElement events)
    {
        try
        {
            return body.TryGetProperty("events", out events);
        }
        catch (InvalidOperationException)
        {
            throw Invalid("A member's name holds half of a surrogate pair.");
        }
    }

    private static ApiException WrongCount(string count) => Invalid($"A request holds 1 to {MaxEvents} events, not {count}.");

    private static ApiException Invalid(string message) => new(400, "invalid_events", message);
}

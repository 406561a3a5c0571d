using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Connections;

namespace FunctionsApi.Api;

/// <summary>
/// A request's JSON body. It is parsed where Kestrel received it, without a copy, and so is gone with the request.
/// </summary>
internal sealed class JsonBody(HttpRequest request) : IDisposable
{
    public const int DefaultMaxBytes = 1024 * 1024;
    private const int MaxDepth = 64;

    private readonly PipeReader _reader = request.BodyReader;
    private ReadResult _read;
    private bool _holds;
    private JsonDocument? _document;

    public async ValueTask<JsonDocument> ReadAsync(int maxBytes)
    {
        RequireJson(request);
        return Parse(await ReadBytesAsync(maxBytes));
    }

    /// <summary>The whole body, whatever it is.</summary>
    public async ValueTask<ReadOnlySequence<byte>> ReadBytesAsync(int maxBytes)
    {
        if (request.ContentLength > maxBytes)
            throw TooLarge(maxBytes);

        while (true)
        {
            try
            {
                _read = await _reader.ReadAsync();
            }
            // What Kestrel throws for a chunk of a giant size; whatever else is wrong, it says by a BadHttpRequestException.
            catch (IOException exception) when (exception is not (BadHttpRequestException or ConnectionResetException) && !request.HttpContext.RequestAborted.IsCancellationRequested)
            {
                throw new ApiException(400, "bad_request", "The request is not valid HTTP.");
            }

            _holds = true;
            if (_read.Buffer.Length > maxBytes)
                throw TooLarge(maxBytes);
            if (_read.IsCompleted)
                return _read.Buffer;
            _holds = false;
            _reader.AdvanceTo(_read.Buffer.Start, _read.Buffer.End);
        }
    }

    public void Dispose()
    {
        _document?.Dispose();
        if (_holds)
            Advance();
        _holds = false;
    }

    private void Advance()
    {
        try
        {
            _reader.AdvanceTo(_read.Buffer.End);
        }
        catch (ConnectionAbortedException)
        {
            // The answer was broken off, and the body is gone with the connection.
        }
    }

    private JsonDocument Parse(ReadOnlySequence<byte> bytes)
    {
        var body = WithoutByteOrderMark(bytes);
        if (body.IsEmpty)
            throw new ApiException(400, "missing_body", "The request needs a JSON body.");
        try
        {
            return _document = JsonDocument.Parse(body, new() { MaxDepth = MaxDepth });
        }
        catch (JsonException)
        {
            throw new ApiException(400, "malformed_json", $"The body is not valid JSON, or is nested more than {MaxDepth} deep.");
        }
    }

    // Windows tools write one. RFC 8259, section 8.1, lets a parser ignore it.
    public static ReadOnlySequence<byte> WithoutByteOrderMark(ReadOnlySequence<byte> body)
    {
        var reader = new SequenceReader<byte>(body);
        return reader.IsNext(Encoding.UTF8.Preamble, advancePast: true) ? reader.UnreadSequence : body;
    }

    private static void RequireJson(HttpRequest request)
    {
        if (request.ContentType is { } type && !IsJson(type))
            throw new ApiException(415, "unsupported_media_type", "Send the body as Content-Type: application/json.");
        if (request.Headers.ContentEncoding is [not null and not "" and not "identity", ..])
            throw new ApiException(415, "unsupported_media_type", "Send the body without a Content-Encoding.");
    }

    public static bool IsJson(string contentType)
    {
        var end = contentType.IndexOf(';', StringComparison.Ordinal);
        var type = contentType.AsSpan(0, end < 0 ? contentType.Length : end).Trim();
        return type.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || (type.StartsWith("application/", StringComparison.OrdinalIgnoreCase)
                && type.EndsWith("+json", StringComparison.OrdinalIgnoreCase));
    }

    private static ApiException TooLarge(int maxBytes) =>
        new(413, "body_too_large", $"The body is longer than {maxBytes} bytes.");
}

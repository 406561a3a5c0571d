using System.Buffers;

namespace FunctionsApi.Infer;

/// <summary>Passes a backend's answer to the caller as it arrives: every piece is sent on before the next is waited for.</summary>
internal static class AnswerStream
{
    private const int PieceBytes = 16 * 1024;

    /// <summary>Status, content type, content encoding and body; no other header of the backend reaches the caller.</summary>
    /// <remarks>Nothing is sent before the first piece of the body is here, so that a failure until then can still be told.</remarks>
    /// <exception cref="UpstreamException">The body is too large.</exception>
    public static async Task PassAsync(
        HttpResponseMessage answer, HttpResponse response, long maxBytes, CancellationToken cancellationToken)
    {
        if (answer.Content.Headers.ContentLength > maxBytes)
            throw UpstreamException.TooLarge(maxBytes);
        await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            await PassAsync(answer, body, piece, response, maxBytes, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private static async Task PassAsync(
        HttpResponseMessage answer, Stream body, byte[] piece, HttpResponse response, long left, CancellationToken cancellationToken)
    {
        var maxBytes = left;
        var read = await body.ReadAsync(piece, cancellationToken);
        if (read <= left)
            SetHead(answer, response, isEmpty: read == 0);
        while (read > 0)
        {
            left -= read;
            if (left < 0)
                throw UpstreamException.TooLarge(maxBytes);
            await response.BodyWriter.WriteAsync(piece.AsMemory(0, read), cancellationToken);
            read = await body.ReadAsync(piece, cancellationToken);
        }
    }

    private static void SetHead(HttpResponseMessage answer, HttpResponse response, bool isEmpty)
    {
        response.StatusCode = (int)answer.StatusCode;
        response.ContentType = HeaderOrNull(answer, "Content-Type");
        if (HeaderOrNull(answer, "Content-Encoding") is { } encoding)
            response.Headers.ContentEncoding = encoding;
        // An empty answer may be a 204, which must not have a length.
        if (!isEmpty)
            response.ContentLength = answer.Content.Headers.ContentLength;
    }

    private static string? HeaderOrNull(HttpResponseMessage answer, string name) =>
        answer.Content.Headers.NonValidated.TryGetValues(name, out var values)
        && values.ToString() is var value
        && DeploymentRules.IsHeaderText(value)
            ? value
            : null;
}

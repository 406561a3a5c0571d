using System.Buffers;

namespace FunctionsApi.Infer;

/// <summary>Passes a backend's answer on as it arrives: every piece is sent before the next is waited for.</summary>
internal static class AnswerStream
{
    private const int PieceBytes = 16 * 1024;

    /// <summary>Passes on status, content type, content encoding and body, and no other header of the backend.</summary>
    /// <remarks>Nothing is sent before the first piece is here, so that a failure until then can still be told.</remarks>
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
            var total = 0L;
            while (true)
            {
                var read = await body.ReadAsync(piece, cancellationToken);
                if ((total += read) > maxBytes)
                    throw UpstreamException.TooLarge(maxBytes);
                if (!response.HasStarted)
                    SetHead(answer, response, isEmpty: read == 0);
                if (read == 0)
                    return;
                await response.BodyWriter.WriteAsync(piece.AsMemory(0, read), cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
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

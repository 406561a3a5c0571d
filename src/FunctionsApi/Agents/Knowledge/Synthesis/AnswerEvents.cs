using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using FunctionsApi.Api;

namespace FunctionsApi.Agents.Knowledge.Synthesis;

/// <summary>
/// An answer as server-sent events: <c>delta</c> for each piece of its text, and at its end <c>answer</c> with the whole, or <c>error</c>
/// with what became of it.
/// </summary>
internal sealed class AnswerEvents(HttpResponse response)
{
    public const string MediaType = "text/event-stream";

    /// <summary>Whether something was sent, after which the status cannot be another.</summary>
    public bool HasBegun => response.HasStarted;

    public Task SendAsync(string text, CancellationToken cancellationToken) =>
        WriteAsync("delta", JsonSerializer.SerializeToUtf8Bytes(new(text), AgentsJson.Default.AnswerDelta), cancellationToken);

    /// <param name="answer">Null where it failed, which was told.</param>
    /// <param name="cancellationToken">Set when nobody reads any more.</param>
    public Task EndAsync(SynthesisAnswer? answer, CancellationToken cancellationToken) => answer is null
        ? Task.CompletedTask
        : WriteAsync("answer", JsonSerializer.SerializeToUtf8Bytes(answer, AgentsJson.Default.SynthesisAnswer), cancellationToken);

    public Task FailAsync(ApiError error, CancellationToken cancellationToken) =>
        WriteAsync("error", ErrorResponse.AgentsBody(error), cancellationToken);

    private Task<FlushResult> WriteAsync(string type, ReadOnlySpan<byte> json, CancellationToken cancellationToken)
    {
        if (!response.HasStarted)
        {
            response.ContentType = MediaType;
            response.Headers.CacheControl = "no-store";
        }

        // JSON has no line break, which would end the field.
        byte[] bytes = [.. Encoding.UTF8.GetBytes($"event: {type}\ndata: "), .. json, .. "\n\n"u8];
        return response.BodyWriter.WriteAsync(bytes, cancellationToken).AsTask();
    }
}

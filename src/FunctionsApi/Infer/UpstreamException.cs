using System.Net;
using FunctionsApi.Api;
using Polly.CircuitBreaker;

namespace FunctionsApi.Infer;

/// <summary>A backend did not answer as it should.</summary>
/// <param name="error">What the caller is told: never the backend's address or words.</param>
/// <param name="detail">What the log is told, without the backend's words; null where it was told before.</param>
internal sealed class UpstreamException(ApiError error, string? detail) : Exception(detail)
{
    public ApiError Error { get; } = error;

    public string? Detail { get; } = detail;

    public static UpstreamException TooLarge(long maxBytes) => BadGateway(
        "answer_too_large", "The deployment's answer is larger than it may be.", $"its answer is larger than {maxBytes} bytes.");

    public static UpstreamException Refused(HttpStatusCode status) => BadGateway(
        "deployment_failed", $"The deployment's backend answered with status {(int)status}.", $"it answered with status {(int)status}.");

    /// <summary>The failure that an exception stands for, or null where it stands for something else.</summary>
    public static UpstreamException? From(Exception exception) => exception switch
    {
        UpstreamException upstream => upstream,
        BrokenCircuitException open => CircuitOpen(open.RetryAfter),
        TimeoutException or OperationCanceledException => TimedOut(),
        MissingSecretException => BadGateway(
            "deployment_incomplete", "The deployment is not set up completely.", exception.Message),
        HttpRequestException when UpstreamResilience.IsUnsent(exception) => BadGateway(
            "deployment_unreachable", "The deployment's backend cannot be reached.", exception.GetBaseException().Message),
        HttpRequestException request => BrokenOff(request.HttpRequestError),
        HttpIOException io => BrokenOff(io.HttpRequestError),
        IOException => BrokenOff(HttpRequestError.Unknown),
        _ => null,
    };

    private static UpstreamException TimedOut() =>
        new(new(504, "deployment_timeout", "The deployment's backend did not answer in time."), "it did not answer in time.");

    // The exception's own message may quote what the backend sent.
    private static UpstreamException BrokenOff(HttpRequestError reason) => BadGateway(
        "deployment_failed", "The deployment's backend broke off its answer.", $"it broke off its answer ({reason}).");

    private static UpstreamException CircuitOpen(TimeSpan? retryAfter)
    {
        var error = new ApiError(503, "deployment_unavailable", "The deployment's backend keeps failing. Try again shortly.")
        {
            RetryAfterSeconds = Math.Max(1, (int)Math.Ceiling(retryAfter.GetValueOrDefault().TotalSeconds)),
        };
        return new(error, detail: null);
    }

    private static UpstreamException BadGateway(string code, string message, string detail) => new(new(502, code, message), detail);
}

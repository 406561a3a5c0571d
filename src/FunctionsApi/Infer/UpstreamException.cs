using System.Net;
using FunctionsApi.Http;
using Polly.CircuitBreaker;

namespace FunctionsApi.Infer;

/// <summary>A backend did not answer as it should.</summary>
/// <param name="error">What the caller is told: never the backend's address or words.</param>
/// <param name="detail">What the operator's log is told, without the backend's words; null where it has been told before.</param>
internal sealed class UpstreamException(ApiError error, string? detail) : Exception(detail)
{
    public ApiError Error { get; } = error;

    public string? Detail { get; } = detail;

    public static UpstreamException TooLarge(long maxBytes) =>
        new(new(502, "answer_too_large", "The deployment's answer is larger than it may be."), $"its answer is larger than {maxBytes} bytes.");

    public static UpstreamException Refused(HttpStatusCode status) =>
        new(new(502, "deployment_failed", $"The deployment's backend answered with status {(int)status}."), $"it answered with status {(int)status}.");

    /// <summary>The backend's failure that an exception stands for, or null where it stands for something else.</summary>
    public static UpstreamException? From(Exception exception) => exception switch
    {
        UpstreamException upstream => upstream,
        BrokenCircuitException open => new(CircuitOpen(open.RetryAfter), detail: null),
        TimeoutException or OperationCanceledException =>
            new(new(504, "deployment_timeout", "The deployment's backend did not answer in time."), "it did not answer in time."),
        MissingSecretException missing =>
            new(new(502, "deployment_incomplete", "The deployment is not set up completely."), missing.Message),
        HttpRequestException when UpstreamResilience.IsUnsent(exception) =>
            new(new(502, "deployment_unreachable", "The deployment's backend cannot be reached."), exception.GetBaseException().Message),
        HttpRequestException request => BrokenOff(request.HttpRequestError),
        HttpIOException io => BrokenOff(io.HttpRequestError),
        IOException => BrokenOff(HttpRequestError.Unknown),
        _ => null,
    };

    // The exception's own message may quote what the backend sent.
    private static UpstreamException BrokenOff(HttpRequestError reason) =>
        new(new(502, "deployment_failed", "The deployment's backend broke off its answer."), $"it broke off its answer ({reason}).");

    private static ApiError CircuitOpen(TimeSpan? retryAfter) =>
        new(503, "deployment_unavailable", "The deployment's backend keeps failing and is left alone for a moment. Try again shortly.")
        {
            RetryAfterSeconds = Math.Max(1, (int)Math.Ceiling(retryAfter.GetValueOrDefault().TotalSeconds)),
        };
}

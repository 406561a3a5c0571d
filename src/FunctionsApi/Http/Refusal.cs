using FunctionsApi.Quotas.Limiting;

namespace FunctionsApi.Http;

/// <summary>The error that says that the limiter did not admit a request.</summary>
internal static class Refusal
{

    public static ApiError Of(in Decision decision) => decision.Outcome switch
    {
        Outcome.Refused => new(429, "rate_limit_exceeded", "Rate limit exceeded")
        {
            ProblemType = ProblemTypes.QuotaExceeded,
            RetryAfterSeconds = decision.RetryAfterSeconds,
            Cause = decision,
        },
        Outcome.ExceedsLimit => new(422, "request_exceeds_limit", "The request asks for more than its limit can ever give.")
        {
            Cause = decision,
        },
        Outcome.Unavailable => Unavailable(Math.Max(1, decision.RetryAfterSeconds)) with { Cause = decision },
        _ => throw new InvalidOperationException($"{decision.Outcome} is no refusal."),
    };

    public static ApiError Unavailable(int retryAfterSeconds) =>
        new(503, "temporarily_unavailable", "The service is temporarily unable to answer. Try again shortly.")
        {
            ProblemType = ProblemTypes.ReducedCapacity,
            RetryAfterSeconds = retryAfterSeconds,
        };
}

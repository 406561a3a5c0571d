using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Api;

/// <summary>The error that says that the limiter did not admit a request.</summary>
internal static class Refusal
{
    public static ApiError Of(in Decision decision) => decision.Outcome switch
    {
        Outcome.Refused => new(429, "rate_limit_exceeded", "Rate limit exceeded")
        {
            ViolatedPolicy = Binding(decision)?.Name,
            Limit = Binding(decision)?.Limit ?? 0,
            RetryAfterSeconds = decision.RetryAfterSeconds,
        },
        Outcome.ExceedsLimit => new(422, "request_exceeds_limit", "The request asks for more than its limit can ever give."),
        Outcome.Unavailable => Unavailable(decision.RetryAfterSeconds),
        _ => throw new InvalidOperationException($"{decision.Outcome} is no refusal."),
    };

    public static ApiError Unavailable(int retryAfterSeconds) =>
        new(503, "temporarily_unavailable", "The service cannot answer for the moment. Try again shortly.")
        {
            RetryAfterSeconds = Math.Max(1, retryAfterSeconds),
        };

    private static Policy? Binding(in Decision decision) => decision.Binding < 0
        ? null
        : decision.Charge.Policies.Policies[decision.Charge.Items[decision.Binding].Policy];
}

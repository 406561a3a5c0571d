namespace FunctionsApi.Api;

/// <summary>A refusal by a limit that an endpoint has beside those of the plans.</summary>
/// <param name="Policy">The limit's name.</param>
/// <param name="Limit">Requests in a window.</param>
/// <param name="Window">Whole seconds.</param>
/// <param name="RetryAfterSeconds">1 or more.</param>
internal readonly record struct LocalRefusal(string Policy, int Limit, TimeSpan Window, int RetryAfterSeconds)
{
    public ApiError Error => new(429, "rate_limit_exceeded", "Rate limit exceeded")
    {
        ViolatedPolicy = Policy,
        Limit = Limit,
        RetryAfterSeconds = RetryAfterSeconds,
    };
}

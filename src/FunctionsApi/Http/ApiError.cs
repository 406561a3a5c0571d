using FunctionsApi.Quotas.Limiting;

namespace FunctionsApi.Http;

/// <summary>An error as a caller of an API gets to see it, before it takes the API's shape.</summary>
/// <param name="Status">400 to 599.</param>
/// <param name="Code">Lower-case words joined by underscores; stable, for programs.</param>
/// <param name="Message">One sentence for people; never holds a secret, a path or an exception's text.</param>
internal readonly record struct ApiError(int Status, string Code, string Message)
{
    /// <summary>One of the problem types of draft-ietf-httpapi-ratelimit-headers-11; null is <c>about:blank</c>.</summary>
    public string? ProblemType { get; init; }

    /// <summary>Seconds for Retry-After; 0 sends none.</summary>
    public int RetryAfterSeconds { get; init; }

    /// <summary>The decision that is the error's cause; null where the limiter has nothing to do with it.</summary>
    public Decision? Cause { get; init; }

    public static ApiError NotFound { get; } = new(404, "not_found", "There is nothing at this address.");

    public static ApiError Internal { get; } = new(500, "internal_error", "Something went wrong on our side.");
}

namespace FunctionsApi.Api;

/// <summary>An error as a caller of an API gets to see it, before it takes the API's shape.</summary>
/// <param name="Status">400 to 599.</param>
/// <param name="Code">Lower-case words joined by underscores; stable, for programs.</param>
/// <param name="Message">One sentence for people; never holds a secret, a path or an exception's text.</param>
internal readonly record struct ApiError(int Status, string Code, string Message)
{
    public static ApiError NotFound { get; } = new(404, "not_found", "There is nothing at this address.");

    public static ApiError Internal { get; } = new(500, "internal_error", "Something went wrong on our side.");

    /// <summary>One of <see cref="ProblemTypes"/>; null is the one that goes with the status.</summary>
    public string? ProblemType { get; init; }

    /// <summary>The policy that refused; null where none did.</summary>
    public string? ViolatedPolicy { get; init; }

    /// <summary>What the limit is; set on 429 alone.</summary>
    public int Limit { get; init; }

    /// <summary>Seconds for Retry-After; 0 sends none.</summary>
    public int RetryAfterSeconds { get; init; }
}

namespace FunctionsApi.Api;

/// <summary>
/// Ends a request with an error in its API's own shape, with the quota headers; nothing is consumed that was not before.
/// </summary>
/// <param name="error">What the caller is told.</param>
internal sealed class ApiException(ApiError error) : Exception(error.Message)
{
    /// <param name="status">400 to 599.</param>
    /// <param name="code">Lower-case words joined by underscores, for example <c>unknown_deployment</c>.</param>
    /// <param name="message">One sentence that the caller reads.</param>
    public ApiException(int status, string code, string message)
        : this(new ApiError(status, code, message))
    {
    }

    public ApiError Error { get; } = error;
}

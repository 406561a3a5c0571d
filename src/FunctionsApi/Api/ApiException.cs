namespace FunctionsApi.Api;

/// <summary>
/// Ends a request with an error in its API's own shape, with the quota headers; nothing is consumed that was not before.
/// </summary>
/// <param name="status">400 to 599.</param>
/// <param name="code">Lower-case words joined by underscores, for example <c>unknown_deployment</c>.</param>
/// <param name="message">One sentence that the caller reads.</param>
internal sealed class ApiException(int status, string code, string message) : Exception(message)
{
    public ApiError Error { get; } = new(status, code, message);
}

using System.Text.RegularExpressions;
using FunctionsApi.Api;

namespace FunctionsApi.Hosting.Triggers;

/// <summary>Says what is wrong when the host calls a function that this program does not have.</summary>
internal static partial class UnknownFunctions
{
    public static void UseUnknownFunctions(this WebApplication app) => app.Use(next => http =>
    {
        if (NameIn(http) is not { } name)
            return next(http);
        Log.Unknown(app.Logger, name);
        ErrorResponse.Write(http, api: null, new(404, "unknown_function", $"This program has no function '{name}'."));
        return Task.CompletedTask;
    });

    private static string? NameIn(HttpContext http) =>
        http.GetEndpoint() is null && HttpMethods.IsPost(http.Request.Method) && Path().Match(http.Request.Path.Value ?? "") is { Success: true } match
            ? match.Groups[1].Value
            : null;

    /// <summary>A name as functions may have it.</summary>
    [GeneratedRegex(@"\A/([A-Za-z][A-Za-z0-9_-]{0,126})\z")]
    private static partial Regex Path();

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The Functions host calls the function '{Name}', which this program does not have. "
            + "Remove the folder '{Name}' from the app root, or publish the program and its app root together. "
            + "If it is an HTTP function, set customHandler.enableProxyingHttpRequest to true in host.json.")]
        public static partial void Unknown(ILogger logger, string name);
    }
}

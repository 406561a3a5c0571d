namespace FunctionsApi.Functions;

/// <summary>
/// Ends a request before the host does. Where one outlasts <c>functionTimeout</c> in host.json, the host kills the whole
/// program, and with it every other request.
/// </summary>
internal sealed partial class RequestDeadline(TimeProvider time, ILogger<RequestDeadline> logger)
{
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(9);

    /// <summary>Gives a request until the deadline. What is returned is disposed when the request is over.</summary>
    public ITimer Start(HttpContext http) => time.CreateTimer(_ => End(http), null, Limit, Timeout.InfiniteTimeSpan);

    private void End(HttpContext http)
    {
        Log.TooLong(logger, http.Request.Method, http.Request.Path, Limit);
        http.Abort();
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Method} {Path} is broken off: it has taken {Limit}, and the Functions host kills us for more")]
        public static partial void TooLong(ILogger logger, string method, string path, TimeSpan limit);
    }
}

namespace FunctionsApi.Api;

/// <summary>Keeps exceptions of routes outside the APIs from reaching a caller, in Development too.</summary>
internal static partial class LastResort
{
    public static void UseLastResort(this WebApplication app) => app.Use(next => http =>
    {
        var answer = TryInvoke(next, http);
        return answer.IsCompletedSuccessfully ? answer : WatchAsync(answer, http, app.Logger);
    });

    private static Task TryInvoke(RequestDelegate next, HttpContext http)
    {
        try
        {
            return next(http);
        }
        catch (Exception exception)
        {
            return Task.FromException(exception);
        }
    }

    private static async Task WatchAsync(Task answer, HttpContext http, ILogger logger)
    {
        try
        {
            await answer;
        }
        catch (Exception exception)
        {
            Answer(http, exception, logger);
        }
    }

    /// <summary>Answers a request that an exception has ended.</summary>
    public static void Answer(HttpContext http, Exception exception, ILogger logger)
    {
        if (http.RequestAborted.IsCancellationRequested)
            return;
        Log.Failed(logger, exception, http.Request.Path);
        if (ErrorResponse.ComesTooLate(http))
            http.Abort();
        else
            ErrorResponse.Write(http, api: null, ApiError.Internal);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "{Path} failed")]
        public static partial void Failed(ILogger logger, Exception exception, string path);
    }
}

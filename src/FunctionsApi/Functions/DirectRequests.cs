using FunctionsApi.Api;
using Microsoft.Extensions.Primitives;

namespace FunctionsApi.Functions;

/// <summary>
/// Answers requests that have come to the worker's own port, past the host. The host gives each of its own the id of an
/// invocation; without one that it knows, the worker could only throw.
/// </summary>
internal sealed partial class DirectRequests(IConfiguration configuration, ILogger<DirectRequests> logger) : IStartupFilter
{
    private const string InvocationId = "x-ms-invocation-id";

    private readonly ApiError _misdirected = new(
        421, "misdirected_request", $"This port is for the Azure Functions host alone. Send the request to {FunctionsHost.Address(configuration)}.");

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(AnswerAsync);
        next(app);
    };

    private async Task AnswerAsync(HttpContext http, RequestDelegate next)
    {
        var path = http.Request.Path;
        if (Last(http.Request.Headers[InvocationId]) is not { } id)
        {
            ErrorResponse.Write(http, ApiPaths.ApiAt(path), _misdirected);
            return;
        }

        http.Request.Headers[InvocationId] = id;

        try
        {
            await next(http);
        }
        // That the invocation is not known, or is not there any more.
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException or InvalidOperationException)
        {
            if (http.RequestAborted.IsCancellationRequested)
                return;
            Log.NoInvocation(logger, exception.Message);
            if (ErrorResponse.ComesTooLate(http))
                http.Abort();
            else
                ErrorResponse.Write(http, ApiPaths.ApiAt(path), exception is TimeoutException ? _misdirected : Refusal.Unavailable(retryAfterSeconds: 1));
        }
    }

    /// <summary>The host's own: a client can send such a header as well, and the host adds to it.</summary>
    private static string? Last(StringValues values) =>
        values is [.., { } last] && last[(last.LastIndexOf(',') + 1)..].Trim() is { Length: > 0 } id ? id : null;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "A request has no invocation of the Functions host. {Reason}")]
        public static partial void NoInvocation(ILogger logger, string reason);
    }
}

using FunctionsApi.Api;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace FunctionsApi.Functions;

/// <summary>
/// Answers requests that have come to the worker's own port, past the host. The host gives each of its own the id of an
/// invocation; without one that it knows, the worker could only throw.
/// </summary>
internal sealed partial class DirectRequests(IConfiguration configuration, ILogger<DirectRequests> logger) : IStartupFilter
{
    private const string InvocationId = "x-ms-invocation-id";

    // The host keeps one that a client has sent, and calls the function by another.
    private static readonly ApiError Unknown = new(
        400, "invalid_header", $"Leave out the header {InvocationId}: it is for the Azure Functions host to set.");

    private readonly ApiError _misdirected = new(
        421, "misdirected_request", $"This port is for the Azure Functions host alone. Send the request to {FunctionsHost.Address(configuration)}.");

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        // The worker listens where the host has been told, whatever Kestrel__Endpoints says in the host's own environment.
        app.ServerFeatures.GetRequiredFeature<IServerAddressesFeature>().PreferHostingUrls = true;
        app.Use(AnswerAsync);
        next(app);
    };

    private async Task AnswerAsync(HttpContext http, RequestDelegate next)
    {
        var path = http.Request.Path;
        if (StringValues.IsNullOrEmpty(http.Request.Headers[InvocationId]))
        {
            ErrorResponse.Write(http, ApiPaths.ApiAt(path), _misdirected);
            return;
        }

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
                ErrorResponse.Write(http, ApiPaths.ApiAt(path), exception is TimeoutException ? Unknown : Refusal.Unavailable(retryAfterSeconds: 1));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "A request has no invocation of the Functions host. {Reason}")]
        public static partial void NoInvocation(ILogger logger, string reason);
    }
}

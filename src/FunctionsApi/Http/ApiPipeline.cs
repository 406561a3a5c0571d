using FunctionsApi.Auth;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Storage;
using FunctionsApi.Tenants;

namespace FunctionsApi.Http;

/// <summary>What every request of an API goes through: who calls, on which terms, the endpoint's handler, the end.</summary>
internal sealed partial class ApiPipeline(
    Authenticator authenticator, TenantDirectory tenants, QuotaLimiter limiter, ILogger<ApiPipeline> logger)
{
    public async Task InvokeAsync(HttpContext http, ApiRoute route)
    {
        var authentication = await authenticator.AuthenticateAsync(http);
        if (authentication.Caller is not { } caller)
        {
            AuthenticationRefusal.Write(http, route.Api, authentication);
            return;
        }

        if (tenants.Find(caller.Tenant, route.Api, caller.Plan(route.Api)) is not { } terms)
        {
            ErrorResponse.Write(http, route.Api, Forbidden.NoSubscription(route.Api));
            return;
        }

        await HandleAsync(new(http, route, caller, terms, limiter));
    }

    private async Task HandleAsync(ApiRequest request)
    {
        try
        {
            if (request.Terms.Unset.Count > 0)
                throw Forbidden.Unset(request.Terms);
            await request.Route.Handler(request);
            if (request.Decision is null && !request.Http.Response.HasStarted)
                await request.PeekAsync();
        }
        catch (Exception exception)
        {
            await FailAsync(request, exception);
        }
        finally
        {
            request.End();
        }
    }

    private async Task FailAsync(ApiRequest request, Exception exception)
    {
        var http = request.Http;
        if (exception is OperationCanceledException or IOException && http.RequestAborted.IsCancellationRequested)
            return;
        if (ErrorOf(exception) is not { } error)
        {
            Log.Failed(logger, exception, request.Route.Method, request.Route.Pattern);
            error = exception is TableStoreException ? Refusal.Unavailable(retryAfterSeconds: 1) : ApiError.Internal;
        }

        if (http.Response.HasStarted)
        {
            // Half an answer must not look like a whole one.
            http.Abort();
            return;
        }

        if (request.Decision is null)
            await request.PeekAsync();
        ErrorResponse.Write(http, request.Route.Api, error);
    }

    private static ApiError? ErrorOf(Exception exception) => exception switch
    {
        ApiException known => known.Error,
        BadHttpRequestException { StatusCode: 413 } => new(413, "body_too_large", "The body is too long."),
        BadHttpRequestException { StatusCode: 408 } => new(408, "request_timeout", "The body took too long to arrive."),
        BadHttpRequestException => new(400, "bad_request", "The request is not valid HTTP."),
        _ => null,
    };

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "{Method} {Route} failed")]
        public static partial void Failed(ILogger logger, Exception exception, string method, string route);
    }
}

using FunctionsApi.Auth;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;
using FunctionsApi.Tenants;
using Microsoft.AspNetCore.Connections;

namespace FunctionsApi.Api;

/// <summary>What every request of an API goes through: who calls, on which terms, the endpoint, the end.</summary>
/// <param name="authenticator">Tells who calls.</param>
/// <param name="tenants">Tells on which terms.</param>
/// <param name="limiter">Decides.</param>
/// <param name="ended">Is told of each request of a known caller when it is over, after its permits were given back.</param>
/// <param name="logger">Is told of what failed.</param>
internal sealed partial class ApiPipeline(
    Authenticator authenticator, TenantDirectory tenants, QuotaLimiter limiter, RequestEnded ended, ILogger<ApiPipeline> logger)
{
    public async Task InvokeAsync(HttpContext http, ApiEndpoint endpoint)
    {
        ApiRequest? request = null;
        try
        {
            var authentication = await authenticator.AuthenticateAsync(http);
            if (authentication.Caller is not { } caller)
                AuthenticationRefusal.Write(http, endpoint.Api, authentication);
            else if ((await TermsAsync(caller, endpoint.Api) ?? await OtherTermsAsync(caller, endpoint)) is not { } terms)
                ErrorResponse.Write(http, endpoint.Api, Forbidden.NoSubscription(endpoint));
            else
                await HandleAsync(request = new(http, endpoint, caller, terms, limiter));
        }
        catch (Exception exception) when (!HasGone(http, exception))
        {
            await FailAsync(http, endpoint, request, exception);
        }
        catch (Exception)
        {
            // Nobody is left to be answered, and nothing to be read: Kestrel would try, and log as an error that it cannot.
            http.Abort();
        }
        finally
        {
            if (request is not null)
                End(request);
        }
    }

    private ValueTask<ApiTerms?> TermsAsync(Caller caller, ApiKind api) =>
        tenants.FindAsync(caller.Tenant, api, caller.Plan(api), CancellationToken.None);

    private ValueTask<ApiTerms?> OtherTermsAsync(Caller caller, ApiEndpoint endpoint) =>
        endpoint.IsOfBothApis ? TermsAsync(caller, endpoint.Api == ApiKind.Agents ? ApiKind.Inference : ApiKind.Agents) : default;

    private static async Task HandleAsync(ApiRequest request)
    {
        if (request.Terms.Unset.Count > 0 && !request.Endpoint.IsOfBothApis)
            throw Forbidden.Unset(request.Terms);
        await request.Endpoint.HandleAsync(request);
        if (!request.HasQuotaHeaders && !request.Http.Response.HasStarted)
            await request.PeekAsync();
    }

    private void End(ApiRequest request)
    {
        request.Release();
        ended(request);
    }

    // A reset may be read before the request is known to be aborted.
    private static bool HasGone(HttpContext http, Exception exception) => exception is ConnectionResetException
        || exception is OperationCanceledException or IOException && http.RequestAborted.IsCancellationRequested;

    private async Task FailAsync(HttpContext http, ApiEndpoint endpoint, ApiRequest? request, Exception exception)
    {
        var error = ErrorOf(exception);
        if (exception is TableStoreException)
            Log.StoreFailed(logger, http.Request.Method, http.Request.Path, exception.Message);
        else if (error == ApiError.Internal)
            Log.Failed(logger, exception, http.Request.Method, http.Request.Path);

        if (ErrorResponse.ComesTooLate(http))
        {
            http.Abort();
            return;
        }

        // What the handler said about the answer that it did not give.
        http.Response.Headers.ETag = default;
        http.Response.Headers.CacheControl = default;
        if (request is { HasQuotaHeaders: false })
            await request.PeekAsync();
        ErrorResponse.Write(http, endpoint.Api, error);
    }

    private static ApiError ErrorOf(Exception exception) => exception switch
    {
        ApiException known => known.Error,
        BadHttpRequestException { StatusCode: 408 } => new(408, "request_timeout", "The body took too long to arrive."),
        BadHttpRequestException => new(400, "bad_request", "The request is not valid HTTP."),
        TableStoreException => Refusal.Unavailable(retryAfterSeconds: 1),
        _ => ApiError.Internal,
    };

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "{Method} {Path} failed: {Reason}")]
        public static partial void StoreFailed(ILogger logger, string method, string path, string reason);

        [LoggerMessage(LogLevel.Error, "{Method} {Path} failed")]
        public static partial void Failed(ILogger logger, Exception exception, string method, string path);
    }
}

/// <summary>Counts a request that is over.</summary>
internal delegate void RequestEnded(ApiRequest request);

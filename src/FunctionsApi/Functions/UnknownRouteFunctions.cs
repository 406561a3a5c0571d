using FunctionsApi.Api;
using FunctionsApi.Health;
using FunctionsApi.Quotas.Policies;
using Microsoft.Azure.Functions.Worker;

namespace FunctionsApi.Functions;

/// <summary>Answers what no other function takes. Without it the Functions host would, with an empty 404.</summary>
internal sealed class UnknownRouteFunctions(ApiPipeline pipeline, AllowedMethods allowed)
{
    private static readonly ApiEndpoint InferenceNotFound = new NotFound(ApiKind.Inference);
    private static readonly ApiEndpoint AgentsNotFound = new NotFound(ApiKind.Agents);

    // The host tries routes in the order of the functions' names, whatever they match: this one must come last.
    [Function("unknown-route")]
    public Task AnswerAsync([HttpTrigger(AuthorizationLevel.Anonymous, Route = "{*path}")] HttpRequest request)
    {
        var (http, path) = (request.HttpContext, request.Path);
        // It is a route of its own in all but name: the host takes an empty route for the function's name.
        if (path.Value is "" or "/")
            return HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) ? HealthAnswers.LandingAsync(http) : AnswerAsync(http, WrongMethod(http, "GET, HEAD"));
        var api = ApiPaths.ApiAt(path);
        if (allowed.At(path) is { } allow)
            return api is { } known ? pipeline.InvokeAsync(http, new MethodNotAllowed(known, allow)) : AnswerAsync(http, WrongMethod(http, allow));
        return api switch
        {
            ApiKind.Inference => pipeline.InvokeAsync(http, InferenceNotFound),
            ApiKind.Agents => pipeline.InvokeAsync(http, AgentsNotFound),
            _ => AnswerAsync(http, ApiError.NotFound),
        };
    }

    private static Task AnswerAsync(HttpContext http, ApiError error)
    {
        ErrorResponse.Write(http, api: null, error);
        return Task.CompletedTask;
    }

    private static ApiError WrongMethod(HttpContext http, string allow)
    {
        http.Response.Headers.Allow = allow;
        return new(405, "method_not_allowed", $"This address takes {allow}.");
    }

    private sealed class NotFound(ApiKind api) : ApiEndpoint(api, None)
    {
        public override Task HandleAsync(ApiRequest request) => throw new ApiException(ApiError.NotFound);
    }

    private sealed class MethodNotAllowed(ApiKind api, string allow) : ApiEndpoint(api, None)
    {
        public override Task HandleAsync(ApiRequest request) => throw new ApiException(WrongMethod(request.Http, allow));
    }
}

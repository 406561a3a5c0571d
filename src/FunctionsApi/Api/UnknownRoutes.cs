using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Api;

/// <summary>
/// Answers what no route matches with 404. Catch-all routes would do the same, but match every other request as well, and
/// cost each a third of what it allocates.
/// </summary>
internal static class UnknownRoutes
{
    public static void UseUnknownRoutes(this WebApplication app)
    {
        var pipeline = app.Services.GetRequiredService<ApiPipeline>();
        var inference = Below(ApiKind.Inference, "/infer");
        var agents = Below(ApiKind.Agents, "/api/v1");
        app.Use(next => http => http.GetEndpoint() is not null ? next(http) : AnswerAsync(http));

        Task AnswerAsync(HttpContext http)
        {
            if (http.Request.Path.StartsWithSegments(inference.Pattern))
                return pipeline.InvokeAsync(http, inference);
            if (http.Request.Path.StartsWithSegments(agents.Pattern))
                return pipeline.InvokeAsync(http, agents);
            ErrorResponse.Write(http, api: null, ApiError.NotFound);
            return Task.CompletedTask;
        }
    }

    private static ApiRoute Below(ApiKind api, string path) => new(api, "", path, ApiRoute.NoEndpoint, NotFound);

    private static Task NotFound(ApiRequest request) =>
        throw new ApiException(ApiError.NotFound.Status, ApiError.NotFound.Code, ApiError.NotFound.Message);
}

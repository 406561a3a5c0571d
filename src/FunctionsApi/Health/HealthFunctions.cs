using Microsoft.Azure.Functions.Worker;

namespace FunctionsApi.Health;

/// <summary>For operators and tools: no credential, no quota.</summary>
internal sealed class HealthFunctions(Readiness readiness)
{
    [Function("healthz")]
    public static Task AliveAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "healthz")] HttpRequest request) =>
        HealthAnswers.AliveAsync(request.HttpContext);

    [Function("readyz")]
    public Task ReadyAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "readyz")] HttpRequest request) =>
        HealthAnswers.ReadyAsync(request.HttpContext, readiness);

    [Function("openapi")]
    public static Task OpenApiAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "openapi/v1.json")] HttpRequest request) =>
        OpenApi.WriteAsync(request.HttpContext);
}

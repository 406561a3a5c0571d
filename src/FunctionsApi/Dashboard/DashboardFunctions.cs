using Microsoft.Azure.Functions.Worker;

namespace FunctionsApi.Dashboard;

/// <summary>The usage page: no credential, no quota.</summary>
internal static class DashboardFunctions
{
    [Function("dashboard")]
    public static Task PageAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = UsagePage.Route)] HttpRequest request) =>
        UsagePage.AnswerAsync(request.HttpContext, UsagePage.Page);

    [Function("dashboard-file")]
    public static Task FileAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = UsagePage.Route + "/{file}")] HttpRequest request) =>
        UsagePage.AnswerAsync(request.HttpContext, (string)request.RouteValues["file"]!);
}

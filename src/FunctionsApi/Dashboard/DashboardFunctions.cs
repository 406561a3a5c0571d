using Microsoft.Azure.Functions.Worker;

namespace FunctionsApi.Dashboard;

/// <summary>The usage page: no credential, no quota.</summary>
internal sealed class DashboardFunctions(UsagePage page)
{
    [Function("dashboard")]
    public Task PageAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = UsagePage.Route)] HttpRequest request) =>
        page.AnswerAsync(request.HttpContext, UsagePage.Page);

    [Function("dashboard-file")]
    public Task FileAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = UsagePage.Route + "/{file}")] HttpRequest request) =>
        page.AnswerAsync(request.HttpContext, (string)request.RouteValues["file"]!);
}

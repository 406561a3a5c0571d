using Microsoft.Azure.Functions.Worker;

namespace FunctionsApi.Dashboard;

/// <summary>The operations page: no quota, and a key of its own.</summary>
internal sealed class OperationsFunctions(OperationsPage page)
{
    [Function("operations")]
    public Task PageAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = OperationsPage.Route)] HttpRequest request) =>
        page.AnswerAsync(request.HttpContext, OperationsPage.Page);

    [Function("operations-file")]
    public Task FileAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = OperationsPage.Route + "/{file}")] HttpRequest request) =>
        page.AnswerAsync(request.HttpContext, (string)request.RouteValues["file"]!);

    [Function("operations-report")]
    public Task ReportAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = OperationsPage.Route + "/v1/report")] HttpRequest request) =>
        page.ReportAsync(request.HttpContext);
}

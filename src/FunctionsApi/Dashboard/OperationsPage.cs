using System.Text.Json;
using FunctionsApi.Api;
using FunctionsApi.Operations;
using FunctionsApi.Quotas.Limiting;

namespace FunctionsApi.Dashboard;

/// <summary><c>GET /dashboard/operations</c>: how the instances are and who uses them, for operators. It is there where <c>Operations__Key</c> is set.</summary>
internal sealed class OperationsPage(UsagePage files, OperationsDoor door, InstanceTable instances, CorrectedClock clock)
{
    public const string Route = "dashboard/operations";
    public const string Page = "operations.html";

    /// <summary>The page and its files hold no data, and ask for no key.</summary>
    public Task AnswerAsync(HttpContext http, string name)
    {
        if (door.Exists)
            return files.AnswerAsync(http, name);
        ErrorResponse.Write(http, api: null, ApiError.NotFound);
        return Task.CompletedTask;
    }

    /// <summary>What the page shows.</summary>
    public async Task ReportAsync(HttpContext http)
    {
        if (!door.Opens(http))
            return;
        var report = OperationsReport.Of(await instances.ListAsync(http.RequestAborted), clock.Now.ToDateTimeOffset());
        var body = JsonSerializer.SerializeToUtf8Bytes(report, OperationsJson.Default.OperationsReport);
        http.Response.Headers.CacheControl = "no-store";
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }
}

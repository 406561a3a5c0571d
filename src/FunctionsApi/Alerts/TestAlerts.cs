using FunctionsApi.Api;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Alerts;

/// <summary><c>POST /api/v1/alerts/test</c>: sends the tenant's webhook a test at once, and answers what became of it. Uses no quota.</summary>
internal sealed class TestAlerts(TenantAlerts alerts, AlertRequests requests)
    : ApiEndpoint(ApiKind.Agents, GetAlerts.EndpointName, isOfBothApis: true)
{
    public override async Task HandleAsync(ApiRequest request)
    {
        if (requests.Refuses(request))
            return;
        // There is nothing to say, but what is said must make sense.
        await request.ReadJsonAsync(maxBytes: 1024);
        var answer = await alerts.TestAsync(request.Caller.Tenant, request.Aborted)
            ?? throw new ApiException(409, "no_webhook", "There is no webhook to test. Set one by PUT /api/v1/alerts.");
        request.Http.Response.Headers.CacheControl = "no-store";
        request.Answer(200, answer, AlertsJson.Default.TestAnswer);
    }
}

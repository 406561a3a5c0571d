using FunctionsApi.Api;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Alerts;

/// <summary><c>GET /api/v1/alerts</c>: what the caller's tenant is told of, where, and how that goes. Uses no quota.</summary>
internal sealed class GetAlerts(TenantAlerts alerts, AlertRequests requests)
    : ApiEndpoint(ApiKind.Agents, EndpointName, isOfBothApis: true)
{
    public const string EndpointName = "alerts";

    public override async Task HandleAsync(ApiRequest request)
    {
        if (requests.Refuses(request))
            return;
        request.Http.Response.Headers.CacheControl = "no-store";
        request.Answer(200, await alerts.ReadAsync(request.Caller.Tenant, request.Aborted), AlertsJson.Readable.AlertsAnswer);
    }
}

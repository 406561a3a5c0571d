using FunctionsApi.Api;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Settings;
using FunctionsApi.Tenants;

namespace FunctionsApi.Alerts;

/// <summary><c>PUT /api/v1/alerts</c>: sets them, all at once. A webhook that was disabled is tried again. Uses no quota.</summary>
internal sealed class PutAlerts(TenantAlerts alerts, TenantDirectory tenants, CrawlOptions options, AlertRequests requests)
    : ApiEndpoint(ApiKind.Agents, GetAlerts.EndpointName, isOfBothApis: true)
{
    private const int MaxBytes = 16 * 1024;

    public override async Task HandleAsync(ApiRequest request)
    {
        if (requests.Refuses(request))
            return;
        var body = AlertsBody.Read((await request.ReadJsonAsync(MaxBytes)).RootElement, tenants.Plans, options);
        // What was begun is done, though its caller leaves: a secret that was made is shown only now.
        var answer = await alerts.ChangeAsync(request.Caller.Tenant, body.Applied, CancellationToken.None);
        request.Http.Response.Headers.CacheControl = "no-store";
        request.Answer(200, answer, AlertsJson.Readable.AlertsAnswer);
    }
}

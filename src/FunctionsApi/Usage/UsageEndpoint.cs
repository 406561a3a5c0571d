using FunctionsApi.Http;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Usage;

/// <summary><c>GET /api/v1/usage</c>: what the caller's key, or the whole tenant of a signed-in user, has consumed.</summary>
internal sealed class UsageEndpoint(UsageReader reader, TimeProvider time)
{
    public static void Map(IEndpointRouteBuilder app) => app.MapApi(
        Api.Agents, "GET", "/api/v1/usage", Apis.UsageEndpoint,
        ActivatorUtilities.CreateInstance<UsageEndpoint>(app.ServiceProvider).HandleAsync);

    private async Task HandleAsync(ApiRequest request)
    {
        var period = ReportPeriod.Read(request.Http.Request.Query, time.GetUtcNow());

        // Looking uses no quota.
        await request.PeekAsync();

        var report = await reader.ReadAsync(request.Caller.Tenant, request.Caller.KeyId, period, request.Aborted);
        request.Http.Response.Headers.CacheControl = "no-store";
        request.Answer(200, report, UsageJson.Default.UsageReport);
    }
}

using FunctionsApi.Api;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Usage;

/// <summary>
/// <c>GET /api/v1/usage</c>: what the caller's key, or the whole tenant of a signed-in user, has consumed, and where the caller
/// stands with each policy.
/// </summary>
internal sealed class UsageEndpoint(UsageReader reader, LimitReader limits, TimeProvider time)
    : ApiEndpoint(ApiKind.Agents, Apis.UsageEndpoint)
{
    public override async Task HandleAsync(ApiRequest request)
    {
        var period = ReportPeriod.Read(request.Http.Request.Query, time.GetUtcNow());

        // Looking uses no quota. All policies go first: those of the headers are among them, and need not be asked for again.
        var status = await limits.ReadAsync(request.Caller, request.Aborted);
        await request.PeekAsync();

        var report = await reader.ReadAsync(request.Caller.Tenant, request.Caller.KeyId, period, request.Aborted);
        request.Http.Response.Headers.CacheControl = "no-store";
        request.Answer(200, report with { Limits = status }, UsageJson.Default.UsageReport);
    }
}

using System.Text.Json;
using FunctionsApi.Api;
using FunctionsApi.Auth;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using Microsoft.Net.Http.Headers;

namespace FunctionsApi.Usage;

/// <summary>
/// <c>GET /api/v1/usage?by=&amp;from=&amp;to=&amp;key=</c>: what the caller's key, or the whole tenant of a signed-in user, has
/// consumed of both APIs, and where the caller stands with each policy.
/// </summary>
internal sealed class UsageEndpoint(UsageReader reader, LimitReader limits, NextPlanReader plans, UsageKeys keys, UsageReads reads, CorrectedClock clock)
    : ApiEndpoint(ApiKind.Agents, Apis.UsageEndpoint, isOfBothApis: true)
{
    // As long as it takes until other instances' counts are written.
    private const int MaxAgeSeconds = 5;

    public override async Task HandleAsync(ApiRequest request)
    {
        if (reads.Refuses(request))
            return;
        var query = UsageQuery.Read(request.Http.Request.Query, clock.Now.ToDateTimeOffset());
        var subject = await keys.SubjectAsync(request.Caller, query.Key, request.Aborted);

        // Looking uses no quota. All policies go first: those of the headers are among them, and need not be asked for again.
        var status = await limits.ReadAsync(subject, request.Aborted);
        await request.PeekAsync();

        var report = await ReadAsync(subject, query, request.Aborted);
        Answer(request, report with { Limits = status });
    }

    private async Task<UsageReport> ReadAsync(Caller subject, UsageQuery query, CancellationToken cancellationToken)
    {
        var (tenant, key) = (subject.Tenant, subject.KeyId ?? query.Key);
        var rows = await reader.ReadAsync(tenant, key, query.Period, cancellationToken);
        return UsageReport.Of(tenant, key, query.Period, rows) with
        {
            Keys = key is null ? await keys.BreakDownAsync(tenant, rows, cancellationToken) : null,
            NextPlans = await plans.ReadAsync(subject, rows, cancellationToken),
        };
    }

    private static void Answer(ApiRequest request, UsageReport report)
    {
        var http = request.Http;
        http.Response.Headers.Append(HeaderNames.Vary, HeaderNames.Accept);
        if (!Accept.Names(http.Request.Headers.Accept, UsageCsv.ContentType))
        {
            request.AnswerCacheable(JsonSerializer.SerializeToUtf8Bytes(report, UsageJson.Default.UsageReport), MaxAgeSeconds);
            return;
        }

        http.Response.Headers.ContentDisposition = $"attachment; filename=\"usage-{report.By}-{report.From:yyyy-MM-dd}.csv\"";
        request.AnswerCacheable(UsageCsv.Write(report), MaxAgeSeconds, $"{UsageCsv.ContentType}; charset=utf-8; header=present");
    }
}

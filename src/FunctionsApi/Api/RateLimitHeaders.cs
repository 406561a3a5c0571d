// What a response says about quota (two vocabularies, one set of figures):
//
//   X-RateLimit-Limit: 120            the policy that binds: the one that refused, else the window with the fewest permits left
//   X-RateLimit-Remaining: 118
//   X-RateLimit-Reset: 1708346460     Unix seconds
//   Retry-After: 34                   on a refusal alone; then Reset is the decision's second plus this
//   RateLimit-Policy: "requests-per-minute";q=120;w=60          draft-ietf-httpapi-ratelimit-headers-11, all policies
//   RateLimit: "requests-per-minute";r=118;t=34
//
// A shadow policy refuses nobody, so nobody is told of it.

using System.Runtime.CompilerServices;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Api;

internal static class RateLimitHeaders
{
    // Charges are made once for each plan, tenant and endpoint and live as long as their terms.
    private static readonly ConditionalWeakTable<Charge, ChargeFields> Fields = [];

    /// <param name="headers">The response's.</param>
    /// <param name="charge">What was asked for at weight 1: it names the same policies as any weight, and lives longer.</param>
    /// <param name="decision">Where its policies stand.</param>
    public static void Set(IHeaderDictionary headers, Charge charge, in Decision decision)
    {
        var fields = Fields.GetValue(charge, static charge => new(charge));
        if (decision.Binding >= 0)
            SetBinding(headers, fields, decision);
        if (decision.RetryAfterSeconds > 0)
            headers.RetryAfter = decision.RetryAfterSeconds.ToString();
        if (fields.Items.Length == 0)
            return;
        headers["RateLimit-Policy"] = fields.Policy;
        headers["RateLimit"] = fields.Format(decision);
    }

    /// <summary>Tells of a limit that an endpoint has of its own.</summary>
    public static void Set(IHeaderDictionary headers, in LocalRefusal refusal, Instant now)
    {
        headers["X-RateLimit-Limit"] = refusal.Limit.ToString();
        headers["X-RateLimit-Remaining"] = "0";
        headers["X-RateLimit-Reset"] = (now.UnixSeconds + refusal.RetryAfterSeconds).ToString();
        headers["RateLimit-Policy"] = $"\"{refusal.Policy}\";q={refusal.Limit};w={(long)refusal.Window.TotalSeconds}";
        headers["RateLimit"] = $"\"{refusal.Policy}\";r=0;t={refusal.RetryAfterSeconds}";
    }

    /// <summary>When the binding policy's permits come back, in Unix seconds.</summary>
    private static long Reset(in Decision decision) => decision.Outcome == Outcome.Refused
        ? decision.At.UnixSeconds + decision.RetryAfterSeconds
        : decision[decision.Binding].Reset.UnixSecondsCeiling;

    private static void SetBinding(IHeaderDictionary headers, ChargeFields fields, in Decision decision)
    {
        headers["X-RateLimit-Limit"] = fields.Limits[decision.Binding];
        headers["X-RateLimit-Remaining"] = decision[decision.Binding].Remaining.ToString();
        headers["X-RateLimit-Reset"] = Reset(decision).ToString();
    }
}

using FunctionsApi.Auth;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Api;

/// <summary>Answers a request whose caller is not known.</summary>
internal static class AuthenticationRefusal
{
    public static void Write(HttpContext http, ApiKind api, Authentication authentication)
    {
        if (Challenge(authentication.Verdict) is { } challenge)
            http.Response.Headers.WWWAuthenticate = challenge;
        ErrorResponse.Write(http, api, ErrorOf(authentication));
    }

    // RFC 6750, section 3.1: a request without a credential is not told of an error.
    private static string? Challenge(Verdict verdict) => verdict switch
    {
        Verdict.Missing => "Bearer",
        Verdict.Invalid => "Bearer error=\"invalid_token\"",
        _ => null,
    };

    private static ApiError ErrorOf(Authentication authentication) => authentication.Verdict switch
    {
        Verdict.Missing => new(401, "unauthorized", "Send an API key or a token as Authorization: Bearer <credential>."),
        Verdict.Invalid => new(401, "unauthorized", "The credential is not valid."),
        Verdict.TooMany => new(429, "too_many_bad_credentials", "Too many bad credentials from this address")
        {
            ProblemType = ProblemTypes.AbnormalUsage,
            Limit = GuessLimiter.Limit,
            RetryAfterSeconds = authentication.RetryAfterSeconds,
        },
        Verdict.Unavailable => Refusal.Unavailable(authentication.RetryAfterSeconds),
        _ => throw new InvalidOperationException($"{authentication.Verdict} is no refusal."),
    };
}

using Microsoft.AspNetCore.WebUtilities;

namespace FunctionsApi.Api;

/// <summary>The problem types of draft-ietf-httpapi-ratelimit-headers-11, sections 5 and 10.2.</summary>
internal static class ProblemTypes
{
    private const string QuotaExceeded = "https://iana.org/assignments/http-problem-types#quota-exceeded";
    private const string ReducedCapacity = "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity";
    public const string AbnormalUsage = "https://iana.org/assignments/http-problem-types#abnormal-usage-detected";

    /// <returns>Null is <c>about:blank</c>.</returns>
    public static string? Of(in ApiError error) => error.ProblemType ?? error.Status switch
    {
        429 => QuotaExceeded,
        503 => ReducedCapacity,
        _ => null,
    };

    /// <summary>The type's registered title, or the status's own phrase where there is no type.</summary>
    public static string Title(in ApiError error) => Of(error) switch
    {
        QuotaExceeded => "Quota Exceeded",
        ReducedCapacity => "Temporary Reduced Capacity",
        AbnormalUsage => "Abnormal Usage Detected",
        _ => ReasonPhrases.GetReasonPhrase(error.Status),
    };
}

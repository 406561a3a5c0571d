using FunctionsApi.Internet;
using FunctionsApi.Settings;

namespace FunctionsApi.Alerts.Webhooks;

/// <summary>Which URLs webhooks may be sent to: those that a crawl may read from. The address is checked again where the connection is made.</summary>
internal static class WebhookUrl
{
    public const int MaxLength = 2048;

    /// <returns>What is wrong with it, as the end of a sentence; null where it is good.</returns>
    public static string? Mistake(string text, CrawlOptions options, out Uri url)
    {
        url = null!;
        if (text.Length > MaxLength
            || !Uri.TryCreate(text, UriKind.Absolute, out var parsed)
            || parsed.Scheme is not ("http" or "https")
            || parsed.Host.Length == 0)
            return $"must be an absolute http or https URL of at most {MaxLength} characters";
        if (parsed.UserInfo.Length > 0)
            return "must not hold a user name or password";
        if (!options.Opens(parsed.IdnHost, parsed.Port) && PublicAddress.IsKnownPrivate(parsed))
            return "must lead to a public address";
        url = parsed;
        return null;
    }
}

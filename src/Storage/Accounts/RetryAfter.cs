using System.Globalization;
using Azure;

namespace FunctionsApi.Storage.Accounts;

/// <summary>How long the service asks its callers to wait.</summary>
internal static class RetryAfter
{
    /// <returns>Null where it says nothing.</returns>
    public static TimeSpan? Of(Response response) =>
        Number(response, "x-ms-retry-after-ms") is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds)
        : Number(response, "retry-after-ms") is { } others ? TimeSpan.FromMilliseconds(others)
        : Number(response, "Retry-After") is { } seconds ? TimeSpan.FromSeconds(seconds)
        : null;

    private static int? Number(Response response, string header) =>
        response.Headers.TryGetValue(header, out var text)
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}

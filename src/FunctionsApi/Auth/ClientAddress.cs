using System.Net;

namespace FunctionsApi.Auth;

/// <summary>Where a request comes from.</summary>
internal static class ClientAddress
{
    /// <param name="http">The request.</param>
    /// <param name="forwarded">
    /// Whether a proxy of ours stands in front of it, whose word for the client is the last one in X-Forwarded-For: all
    /// words before are the client's own, who may write there what it likes.
    /// </param>
    public static IPAddress? Of(HttpContext http, bool forwarded) =>
        forwarded && http.Request.Headers["X-Forwarded-For"] is [.., { } list] && TryParse(list.Split(',')[^1].Trim(), out var address)
            ? address
            : http.Connection.RemoteIpAddress;

    // With or without a port.
    private static bool TryParse(string text, out IPAddress? address)
    {
        var parsed = IPEndPoint.TryParse(text, out var endpoint);
        address = endpoint?.Address;
        return parsed;
    }
}

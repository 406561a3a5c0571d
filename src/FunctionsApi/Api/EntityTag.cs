using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace FunctionsApi.Api;

/// <summary>Tells clients that keep an answer whether it still holds.</summary>
internal static class EntityTag
{
    /// <summary>The ETag of an answer. It is weak, because the same answer is sent compressed in one way or another.</summary>
    public static string Of(ReadOnlySpan<byte> body) => $"W/\"{Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, 16))}\"";

    /// <summary>Sets the ETag, and the status 304 where the client has this very answer.</summary>
    /// <returns>Whether it has.</returns>
    public static bool IsKnown(this HttpContext http, string eTag)
    {
        http.Response.Headers.ETag = eTag;
        var current = EntityTagHeaderValue.Parse(eTag);
        if (!http.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Equals(EntityTagHeaderValue.Any) || known.Compare(current, useStrongComparison: false)))
            return false;
        http.Response.StatusCode = StatusCodes.Status304NotModified;
        return true;
    }
}

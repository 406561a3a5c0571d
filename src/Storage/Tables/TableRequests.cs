using Azure.Core;
using FunctionsApi.Storage.Accounts;

namespace FunctionsApi.Storage.Tables;

/// <summary>What every request to tables says.</summary>
internal static class TableRequests
{
    /// <param name="connection">To the account.</param>
    /// <param name="method">What to do.</param>
    /// <param name="address">To what.</param>
    /// <param name="body">JSON; empty sends none.</param>
    /// <param name="eTag">The version it must have.</param>
    public static HttpMessage Create(
        this AccountConnection connection, RequestMethod method, Uri address, ReadOnlyMemory<byte> body = default, string? eTag = null)
    {
        var message = connection.CreateMessage(method, address, body, "application/json");
        var headers = message.Request.Headers;
        headers.Add("DataServiceVersion", "3.0");
        headers.Add("Accept", "application/json;odata=minimalmetadata");
        if (eTag is not null)
            headers.Add("If-Match", eTag);
        if (method == RequestMethod.Post)
            headers.Add("Prefer", "return-no-content");
        return message;
    }
}

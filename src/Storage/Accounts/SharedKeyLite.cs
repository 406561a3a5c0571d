using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Web;
using Azure.Core;
using Azure.Core.Pipeline;

namespace FunctionsApi.Storage.Accounts;

/// <summary>
/// Signs each attempt by the account's key, with the time at which it is sent:
/// https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
/// </summary>
internal sealed class SharedKeyLite(StorageAccount account, byte[] key, TimeProvider time) : HttpPipelineSynchronousPolicy
{
    public override void OnSendingRequest(HttpMessage message)
    {
        var date = time.GetUtcNow().ToString("R", CultureInfo.InvariantCulture);
        message.Request.Headers.SetValue("x-ms-date", date);
        var signed = account.Service == StorageService.Tables ? TableText(message.Request, date) : QueueText(message.Request);
        var signature = Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(signed)));
        message.Request.Headers.SetValue("Authorization", $"SharedKeyLite {account.Name}:{signature}");
    }

    // The resource also has the parameter comp, which no request to tables carries.
    private string TableText(Request request, string date) => $"{date}\n{Resource(request)}";

    private string QueueText(Request request)
    {
        request.Headers.TryGetValue("Content-Type", out var type);
        var headers = request.Headers
            .Where(header => header.Name.StartsWith("x-ms-", StringComparison.OrdinalIgnoreCase))
            .Select(header => $"{header.Name.ToLowerInvariant()}:{header.Value}\n")
            .Order(StringComparer.Ordinal);
        var comp = HttpUtility.ParseQueryString(request.Uri.Query)["comp"] is { } value ? $"?comp={value}" : "";
        // The empty lines are Content-MD5, and Date, which x-ms-date stands in for.
        return $"{request.Method}\n\n{type}\n\n{string.Concat(headers)}{Resource(request)}{comp}";
    }

    private string Resource(Request request) => $"/{account.Name}{request.Uri.ToUri().AbsolutePath}";
}

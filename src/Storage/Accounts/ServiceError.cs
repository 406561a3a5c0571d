using System.Text.Json;
using Azure;

namespace FunctionsApi.Storage.Accounts;

/// <summary>What the service says about a request that it did not do.</summary>
/// <param name="Status">HTTP's.</param>
/// <param name="Code">The service's own; empty where the answer is not the service's.</param>
/// <param name="Message">For people.</param>
/// <remarks>
/// Nothing is concluded from a status without the service's own code. It is somebody else's then, a proxy's perhaps, and its
/// 404 taken for an empty store would sell every quota anew.
/// </remarks>
internal readonly record struct ServiceError(int Status, string Code, string Message)
{
    public bool IsTableMissing => Status == 404 && Code == "TableNotFound";

    public bool IsNothingThere => Status == 404 && Code is "TableNotFound" or "ResourceNotFound" or "EntityNotFound";

    public bool IsAlreadyThere => Status == 409 && Code == "EntityAlreadyExists";

    public bool IsOtherVersion => Status == 412 && Code.Length > 0;

    public bool IsThrottled => Status == 429 || Code is "ServerBusy" or "OperationTimedOut";

    public bool IsQueueMissing => Status == 404 && Code == "QueueNotFound";

    /// <summary>Somebody else has the message by now, or it is gone.</summary>
    public bool IsMessageLost => Code is "MessageNotFound" or "PopReceiptMismatch" or "QueueNotFound";

    // Tables answer in JSON, but some parts of the service in XML whatever was asked for, as queues always do. All of them
    // name the code in a header too.
    public static ServiceError Read(Response response)
    {
        var error = Read(response.Status, response.Content.ToMemory().Span);
        return error.Code.Length == 0 && response.Headers.TryGetValue("x-ms-error-code", out var code)
            ? error with { Code = code, Message = response.ReasonPhrase }
            : error;
    }

    public static ServiceError Read(int status, ReadOnlySpan<byte> body)
    {
        try
        {
            var json = new Utf8JsonReader(body);
            var error = JsonElement.ParseValue(ref json).GetProperty("odata.error");
            return new(status, error.GetProperty("code").GetString() ?? "", error.GetProperty("message").GetProperty("value").GetString() ?? "");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return new(status, "", "");
        }
    }
}

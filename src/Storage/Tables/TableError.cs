using System.Text.Json;
using Azure;

namespace FunctionsApi.Storage.Tables;

/// <summary>What the service says about a request that it did not do.</summary>
/// <param name="Status">HTTP's.</param>
/// <param name="Code">The service's own; empty where the answer is not the service's.</param>
/// <param name="Message">For people.</param>
internal readonly record struct TableError(int Status, string Code, string Message)
{
    public bool IsTableMissing => Status == 404 && Code == "TableNotFound";

    // A 404 without the service's own code is of somebody else, a proxy perhaps: taken for an empty store it would sell
    // every quota anew.
    public bool IsNothingThere => Status == 404 && Code is "TableNotFound" or "ResourceNotFound" or "EntityNotFound";

    public bool IsAlreadyThere => Status == 409 && Code == "EntityAlreadyExists";

    public bool IsOtherVersion => Status == 412;

    public bool IsThrottled => Status == 429 || Code is "ServerBusy" or "OperationTimedOut";

    public static TableError Read(Response response) => Read(response.Status, response.Content.ToMemory().Span);

    public static TableError Read(int status, ReadOnlySpan<byte> body)
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

using System.Globalization;
using Azure;
using Azure.Core;

namespace FunctionsApi.Storage.Azure;

/// <summary>What the service says about a request that it did not do.</summary>
/// <param name="Status">HTTP's.</param>
/// <param name="Code">The service's own; empty where it names none.</param>
/// <param name="Message">For people.</param>
/// <param name="RetryAfter">How long the service asks its callers to wait; null where it says nothing.</param>
internal readonly record struct ServiceError(int Status, string Code, string Message, TimeSpan? RetryAfter)
{
    public bool IsTableMissing => Status == 404 && Code == "TableNotFound";

    public bool IsNothingThere => Status == 404 && Code is "TableNotFound" or "ResourceNotFound" or "EntityNotFound";

    public bool IsAlreadyThere => Status == 409 && Code == "EntityAlreadyExists";

    public bool IsOtherVersion => Status == 412 && Code.Length > 0;

    public bool IsThrottled => Status == 429 || IsBusy || Code == "OperationTimedOut";

    /// <summary>The service refused to begin.</summary>
    public bool IsBusy => Code == "ServerBusy";

    public bool IsQueueMissing => Status == 404 && Code == "QueueNotFound";

    /// <summary>Somebody else has the message by now, or it is gone.</summary>
    public bool IsMessageLost => Code is "MessageNotFound" or "PopReceiptMismatch" or "QueueNotFound";

    public static ServiceError Of(Response response) => Of(new RequestFailedException(response));

    public static ServiceError Of(RequestFailedException exception)
    {
        var headers = exception.GetRawResponse()?.Headers;
        // Some parts of the service answer in XML where JSON was asked for; all of them name the code in a header too.
        var code = exception.ErrorCode ?? (headers?.TryGetValue("x-ms-error-code", out var named) is true ? named : null) ?? "";
        return new(exception.Status, code, exception.Message, headers is { } found ? Pause(found) : null);
    }

    private static TimeSpan? Pause(ResponseHeaders headers) =>
        Number(headers, "x-ms-retry-after-ms") is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds)
        : Number(headers, "retry-after-ms") is { } others ? TimeSpan.FromMilliseconds(others)
        : Number(headers, "Retry-After") is { } seconds ? TimeSpan.FromSeconds(seconds)
        : null;

    private static int? Number(ResponseHeaders headers, string header) =>
        headers.TryGetValue(header, out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}

using System.Text.Json;

namespace FunctionsApi.Hosting.Triggers;

/// <summary>What the host sends when a queue or timer has triggered a function.</summary>
/// <param name="Data">By binding, as its function.json names it: the queue's message, or the timer's schedule.</param>
/// <param name="Metadata">What the trigger says about it: for a queue its <c>DequeueCount</c> and <c>Id</c>, for example.</param>
internal sealed record FunctionRequest(JsonElement Data, JsonElement Metadata)
{
    /// <exception cref="JsonException">It is no such request.</exception>
    public static FunctionRequest Parse(JsonElement body) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(nameof(Data), out var data) && data.ValueKind == JsonValueKind.Object
            ? new(data, body.TryGetProperty(nameof(Metadata), out var metadata) ? metadata : default)
            : throw new JsonException("There is no object 'Data'.");

    /// <summary>A binding's text: a JSON string's content, anything else as it stands; null where there is no such binding.</summary>
    public string? Text(string binding) => !Data.TryGetProperty(binding, out var value) ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : value.GetRawText();
}

using System.Globalization;
using System.Text.Json;
using FunctionsApi.Storage;

namespace FunctionsApi.Hosting.Triggers;

/// <summary>A queue's message, as the host sends it.</summary>
internal static class QueueTrigger
{
    /// <param name="request">Of a function with a queue trigger.</param>
    /// <param name="binding">The trigger's name in its function.json.</param>
    /// <exception cref="JsonException">There is no message.</exception>
    public static QueueMessage Message(this FunctionRequest request, string binding) => new(
        Metadata(request, "Id") ?? "",
        Plain(request.Text(binding) ?? throw new JsonException($"There is no '{binding}' in 'Data'.")),
        int.TryParse(Metadata(request, "DequeueCount"), CultureInfo.InvariantCulture, out var count) ? count : 1,
        Receipt: "");

    private static string? Metadata(FunctionRequest request, string name) =>
        request.Metadata.ValueKind == JsonValueKind.Object && request.Metadata.TryGetProperty(name, out var value)
            ? Plain(value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText())
            : null;

    // The host serializes a text before it puts it into its JSON: "text" arrives as "\"text\"".
    private static string Plain(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement.ValueKind == JsonValueKind.String ? json.RootElement.GetString()! : text;
        }
        catch (JsonException)
        {
            return text;
        }
    }
}

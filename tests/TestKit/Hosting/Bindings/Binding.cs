using System.Text.Json;

namespace FunctionsApi.TestKit.Hosting.Bindings;

/// <summary>A binding of a function, as the worker's index has it.</summary>
/// <param name="Name">Of the parameter, mostly; <c>$return</c> is what the function returns.</param>
/// <param name="Type">As <c>httpTrigger</c>.</param>
/// <param name="IsInput">Whether the host gives its data.</param>
/// <param name="Json">All that the index says of it.</param>
public sealed record Binding(string Name, string Type, bool IsInput, JsonElement Json)
{
    internal static Binding Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement.Clone();
        return new(
            root.GetProperty("name").GetString()!,
            root.GetProperty("type").GetString()!,
            string.Equals(root.GetProperty("direction").GetString(), "in", StringComparison.OrdinalIgnoreCase),
            root);
    }

    /// <returns>Null where the index does not say it.</returns>
    public string? Text(string property) => Json.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <returns>False where the index does not say it.</returns>
    public bool Flag(string property) => Json.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.True;
}

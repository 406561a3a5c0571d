using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;

namespace FunctionsApi.Infer;

/// <summary>What a deployment's inputs have to look like: a JSON Schema that keeps <see cref="InputSchemaRules"/>.</summary>
internal sealed class InputSchema : IEquatable<InputSchema>
{
    private const int MostMismatches = 5, MaxMessage = 200;

    private readonly JsonSchema _schema;
    private readonly EvaluationOptions _options;

    static InputSchema() => LinearPattern.Register();

    private InputSchema(string text)
    {
        Text = text;
        var root = JsonNode.Parse(text)!.AsObject();
        _options = new() { OutputFormat = OutputFormat.List, EvaluateAs = InputSchemaRules.Versions[(string?)root["$schema"] ?? ""] };
        // Its vocabulary would be a list of the library's own keywords, without LinearPattern.
        root.Remove("$schema");
        _schema = JsonSchema.FromText(root.ToJsonString());
        // What is wrong with a keyword's value is found when it is first used.
        _schema.Evaluate(new JsonObject(), _options);
    }

    /// <summary>The schema's JSON.</summary>
    public string Text { get; }

    /// <returns>Null where the text is no such schema; then <paramref name="error"/> says why, in a sentence for the operator.</returns>
    public static InputSchema? TryParse(string text, out string? error)
    {
        error = InputSchemaRules.Error(text);
        if (error is not null)
            return null;
        try
        {
            return new(text);
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or InvalidOperationException or NotSupportedException or JsonSchemaException)
        {
            error = $"The schema cannot be used: {FirstLine(exception.Message)}";
            return null;
        }
    }

    /// <returns>Where inputs do not match and why, each as a JSON pointer and a message; null where they do.</returns>
    public string? Mismatch(JsonElement inputs)
    {
        var result = _schema.Evaluate(inputs, _options);
        if (result.IsValid)
            return null;
        var mismatches = result.Details.Append(result)
            .Where(part => part.HasErrors)
            .SelectMany(part => part.Errors!.Values.Select(message => $"{Place(part)}: {FirstLine(message)}"))
            .Distinct()
            .ToList();
        var more = mismatches.Count > MostMismatches ? "; and more" : "";
        return string.Join("; ", mismatches.Take(MostMismatches)) + more;
    }

    public bool Equals(InputSchema? other) => other is not null && Text == other.Text;

    public override bool Equals(object? obj) => Equals(obj as InputSchema);

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    private static string Place(EvaluationResults part) => $"/inputs{part.InstanceLocation}";

    private static string FirstLine(string message)
    {
        var line = message.AsSpan(0, Math.Min(message.Length, MaxMessage));
        return line.IndexOfAny('\r', '\n') is >= 0 and var end ? line[..end].ToString() : line.ToString();
    }
}

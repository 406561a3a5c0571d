using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Json.More;
using Json.Schema;

namespace FunctionsApi.Infer;

/// <summary>
/// The keyword <c>pattern</c>, matched in time that grows with the text and no faster; the library's own could be made to take very long by
/// what a caller sends.
/// </summary>
[SchemaKeyword(Name)]
[SchemaSpecVersion(SpecVersion.Draft6)]
[SchemaSpecVersion(SpecVersion.Draft7)]
[SchemaSpecVersion(SpecVersion.Draft201909)]
[SchemaSpecVersion(SpecVersion.Draft202012)]
[SchemaSpecVersion(SpecVersion.DraftNext)]
[Vocabulary(Vocabularies.Validation201909Id)]
[Vocabulary(Vocabularies.Validation202012Id)]
[JsonConverter(typeof(Converter))]
internal sealed class LinearPattern(string pattern) : IJsonSchemaKeyword
{
    private const string Name = "pattern";

    private readonly Regex _regex = new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    /// <summary>Has schemas read with this keyword from now on.</summary>
    public static void Register()
    {
        // The library's own schemas are read with its own keyword, once.
        _ = EvaluationOptions.Default;
        SchemaKeywordRegistry.Unregister<PatternKeyword>();
        SchemaKeywordRegistry.Register<LinearPattern>(LinearPatternJson.Default);
    }

    public static bool IsOne(JsonElement pattern)
    {
        if (pattern.ValueKind != JsonValueKind.String)
            return false;
        try
        {
            _ = new LinearPattern(pattern.GetString()!);
            return true;
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }

    public KeywordConstraint GetConstraint(SchemaConstraint schemaConstraint, ReadOnlySpan<KeywordConstraint> localConstraints, EvaluationContext context) =>
        new(Name, Evaluate);

    private void Evaluate(KeywordEvaluation evaluation, EvaluationContext context)
    {
        if (evaluation.LocalInstance is JsonValue value && value.TryGetValue<string>(out var text) && !_regex.IsMatch(text))
            evaluation.Results.Fail(Name, "The string value does not match the pattern");
    }

    internal sealed class Converter : WeaklyTypedJsonConverter<LinearPattern>
    {
        public override LinearPattern Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String ? new(reader.GetString()!) : throw new JsonException("A pattern is a string.");

        public override void Write(Utf8JsonWriter writer, LinearPattern value, JsonSerializerOptions options) => writer.WriteStringValue(value._regex.ToString());
    }
}

[JsonSerializable(typeof(LinearPattern))]
internal sealed partial class LinearPatternJson : JsonSerializerContext;

// A schema is the operator's, but what is held against it is anybody's: so the work of one request must be bounded by the two sizes. Hence
//
//   references name a part of the schema ("#/$defs/…"): nothing is fetched;
//   they do not come back to where they are: a schema has an end, however it is followed;
//   followed to its end, it has at most 2,000 parts;
//   patterns are such that they can be matched in time that grows with the text and no faster, so without look-around and back references.

using System.Text;
using System.Text.Json;
using Json.Schema;

namespace FunctionsApi.Infer;

/// <summary>What a deployment's schema may be.</summary>
internal static class InputSchemaRules
{
    /// <summary>In bytes of UTF-8; a value of a store holds 64 KiB of UTF-16.</summary>
    public const int MaxBytes = 30 * 1024;

    public static readonly string TooLong = $"The schema must not be longer than {MaxBytes / 1024} KiB.";

    private const int MaxParts = 2000, MaxDepth = 32;

    /// <summary>What a schema may say that it is written in; one that does not say is taken for the last.</summary>
    public static IReadOnlyDictionary<string, SpecVersion> Versions { get; } = new Dictionary<string, SpecVersion>
    {
        ["http://json-schema.org/draft-06/schema#"] = SpecVersion.Draft6,
        ["http://json-schema.org/draft-07/schema#"] = SpecVersion.Draft7,
        ["https://json-schema.org/draft/2019-09/schema"] = SpecVersion.Draft201909,
        ["https://json-schema.org/draft/2020-12/schema"] = SpecVersion.Draft202012,
        [""] = SpecVersion.Draft202012,
    };

    // Each could name a part in another way, or lead out of the schema.
    private static readonly string[] Refused = ["$id", "id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$vocabulary"];

    // In these names are the schema's own, and stand for schemas.
    private static readonly string[] Maps = ["properties", "$defs", "definitions", "dependentSchemas"];

    // What is in these is compared, and no schema.
    private static readonly string[] Data = ["const", "enum", "default", "examples"];

    /// <returns>What is wrong, in a sentence for the operator; null where nothing is.</returns>
    public static string? Error(string text)
    {
        if (Encoding.UTF8.GetByteCount(text) > MaxBytes)
            return TooLong;
        try
        {
            using var schema = JsonDocument.Parse(text, new() { MaxDepth = MaxDepth });
            return schema.RootElement.ValueKind == JsonValueKind.Object
                ? VersionError(schema.RootElement) ?? new Walk(schema.RootElement).Error()
                : "The schema must be a JSON object.";
        }
        catch (JsonException)
        {
            return $"The schema is not valid JSON, or is nested more than {MaxDepth} deep.";
        }
        catch (InvalidOperationException)
        {
            return "The schema holds half of a surrogate pair.";
        }
    }

    private static string? VersionError(JsonElement root) =>
        !root.TryGetProperty("$schema", out var version) || (version.ValueKind == JsonValueKind.String && Versions.ContainsKey(version.GetString()!))
            ? null
            : $"The schema's $schema must be one of: {string.Join(", ", Versions.Keys.Where(known => known.Length > 0))}; or left out.";

    /// <summary>Follows a schema to its end.</summary>
    private sealed class Walk(JsonElement root)
    {
        private readonly HashSet<string> _following = [];
        private int _parts;

        public string? Error() => Visit(root);

        private string? Visit(JsonElement part, bool isMap = false)
        {
            if (++_parts > MaxParts)
                return $"The schema has more than {MaxParts} parts when its references are followed.";
            return part.ValueKind switch
            {
                JsonValueKind.Object when isMap => part.EnumerateObject().Select(member => Visit(member.Value)).FirstOrDefault(error => error is not null),
                JsonValueKind.Object => part.EnumerateObject().Select(VisitKeyword).FirstOrDefault(error => error is not null),
                JsonValueKind.Array => part.EnumerateArray().Select(item => Visit(item)).FirstOrDefault(error => error is not null),
                _ => null,
            };
        }

        private string? VisitKeyword(JsonProperty member)
        {
            if (Data.Contains(member.Name))
                return null;
            if (member.Name is "pattern" && !LinearPattern.IsOne(member.Value))
                return $"The schema's pattern {member.Value} cannot be used: it is no regular expression, or has look-around or back references.";
            if (member.Name is "patternProperties")
                return "The schema must not have patternProperties: say what names may be like by propertyNames, and what is in them by additionalProperties.";
            if (Refused.Contains(member.Name))
                return $"The schema must not have {member.Name}: give parts a name in $defs, and refer to them as #/$defs/<name>.";
            return member is { Name: "$ref", Value.ValueKind: JsonValueKind.String } ? Follow(member.Value.GetString()!) : Visit(member.Value, Maps.Contains(member.Name));
        }

        private string? Follow(string reference)
        {
            if (Find(reference) is not { } part)
                return $"The schema refers to {reference}, which is none of its parts: write it as #/$defs/<name>.";
            if (!_following.Add(reference))
                return $"The schema refers to {reference} from within that very part: it would have no end.";
            if (_following.Count > MaxDepth)
                return $"The schema's references lead from one to another more than {MaxDepth} times.";
            var error = Visit(part);
            _following.Remove(reference);
            return error;
        }

        // Only by name: what is found elsewhere need not be a schema.
        private JsonElement? Find(string reference) => reference.Split('/') switch
        {
            ["#", ("$defs" or "definitions") and var place, var name] when !name.AsSpan().ContainsAny('~', '%')
                && root.TryGetProperty(place, out var parts) && parts.ValueKind == JsonValueKind.Object && parts.TryGetProperty(name, out var part) => part,
            _ => null,
        };
    }
}

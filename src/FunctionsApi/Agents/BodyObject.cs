using System.Text.Json;
using FunctionsApi.Api;

namespace FunctionsApi.Agents;

/// <summary>A JSON object of which each member is what it should be, or the request ends with a 400 that says what is wrong.</summary>
internal readonly struct BodyObject
{
    private readonly JsonElement _json;

    /// <exception cref="ApiException">400: it is no object.</exception>
    public BodyObject(JsonElement json) => _json = json.ValueKind == JsonValueKind.Object
        ? json
        : throw Invalid("The body must be a JSON object.");

    /// <summary>A string that is not blank.</summary>
    /// <exception cref="ApiException">400: it is missing, no string, blank or too long.</exception>
    public string Text(string name, int maxLength)
    {
        if (!_json.TryGetProperty(name, out var member))
            throw Invalid($"'{name}' is missing.");
        if (!TryGetText(member, out var text) || string.IsNullOrWhiteSpace(text) || text.Length > maxLength)
            throw Invalid($"'{name}' must be a string of 1 to {maxLength} characters.");
        return text;
    }

    /// <summary>A whole number; the default where it is absent or null.</summary>
    /// <exception cref="ApiException">400: it is no whole number or out of range.</exception>
    public int Number(string name, int min, int max, int otherwise)
    {
        if (!_json.TryGetProperty(name, out var member) || member.ValueKind == JsonValueKind.Null)
            return otherwise;
        if (member.ValueKind != JsonValueKind.Number || !member.TryGetInt32(out var number) || number < min || number > max)
            throw Invalid($"'{name}' must be a whole number from {min} to {max}.");
        return number;
    }

    /// <returns>False where it is no string, or one that is no valid Unicode.</returns>
    public static bool TryGetText(JsonElement json, out string text)
    {
        text = "";
        if (json.ValueKind != JsonValueKind.String)
            return false;
        try
        {
            text = json.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, or bytes that are not UTF-8: JSON's grammar lets them pass.
            return false;
        }
    }

    private static ApiException Invalid(string message) => new(400, "invalid_request", message);
}

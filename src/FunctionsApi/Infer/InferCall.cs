using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using FunctionsApi.Api;

namespace FunctionsApi.Infer;

/// <summary>
/// What a caller asks for: <c>{"deployment_id": string, "inputs": object}</c>. Properties besides these are ignored, and
/// what is inside the inputs is the deployment's own affair. A view of the request's body, and gone with it.
/// </summary>
internal readonly struct InferCall
{
    private static readonly SearchValues<byte> IdBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"u8);

    private readonly JsonElement _id;
    private readonly JsonElement _inputs;

    private InferCall(JsonElement id, JsonElement inputs) => (_id, _inputs) = (id, inputs);

    /// <summary>UTF-8; of an id's characters and length.</summary>
    public ReadOnlySpan<byte> DeploymentId
    {
        get
        {
            var quoted = JsonMarshal.GetRawUtf8Value(_id);
            var raw = quoted[1..^1];
            return raw.Contains((byte)'\\') ? Unescaped(_id) : raw;
        }
    }

    /// <summary>The inputs, to be looked into.</summary>
    public JsonElement InputsJson => _inputs;

    /// <summary>The JSON object as the caller wrote it.</summary>
    public ReadOnlySpan<byte> Inputs => JsonMarshal.GetRawUtf8Value(_inputs);

    /// <exception cref="ApiException">400: something is missing, given twice or of the wrong type.</exception>
    public static InferCall Parse(JsonDocument body)
    {
        var root = body.RootElement;
        if (!Utf8.IsValid(JsonMarshal.GetRawUtf8Value(root)))
            throw Invalid("The body is not valid UTF-8.");
        if (root.ValueKind != JsonValueKind.Object)
            throw Invalid("The body must be a JSON object with 'deployment_id' and 'inputs'.");

        var call = Find(root);
        call.Check();
        return call;
    }

    private static InferCall Find(JsonElement root)
    {
        JsonElement id = default, inputs = default;
        try
        {
            foreach (var property in root.EnumerateObject())
            {
                if (property.NameEquals("deployment_id"u8))
                    SetOnce(ref id, property.Value, "'deployment_id' is given twice.");
                else if (property.NameEquals("inputs"u8))
                    SetOnce(ref inputs, property.Value, "'inputs' is given twice.");
            }
        }
        catch (InvalidOperationException)
        {
            throw Invalid("A property's name holds half of a surrogate pair.");
        }
        return new(id, inputs);
    }

    private void Check()
    {
        if (_id.ValueKind == JsonValueKind.Undefined)
            throw Invalid("'deployment_id' is missing.");
        if (_id.ValueKind != JsonValueKind.String)
            throw Invalid("'deployment_id' must be a string.");
        var id = DeploymentId;
        if (id.Length is 0 or > DeploymentRules.MaxIdLength || id.ContainsAnyExcept(IdBytes))
            throw Invalid("'deployment_id' must be 1 to 64 of the characters A-Z a-z 0-9 . _ -");
        if (_inputs.ValueKind == JsonValueKind.Undefined)
            throw Invalid("'inputs' is missing.");
        if (_inputs.ValueKind != JsonValueKind.Object)
            throw Invalid("'inputs' must be an object.");
    }

    private static void SetOnce(ref JsonElement place, JsonElement value, string messageIfSet)
    {
        if (place.ValueKind != JsonValueKind.Undefined)
            throw Invalid(messageIfSet);
        place = value;
    }

    private static ReadOnlySpan<byte> Unescaped(JsonElement id)
    {
        try
        {
            return Encoding.UTF8.GetBytes(id.GetString()!);
        }
        catch (InvalidOperationException)
        {
            return []; // Half a surrogate pair: no text at all, and no id.
        }
    }

    private static ApiException Invalid(string message) => new(400, "invalid_request", message);
}

using System.Text.Json;
using System.Text.Json.Serialization;

namespace FunctionsApi.Hosting.Triggers;

/// <summary>What a function that was triggered gives back. To fail, it throws: a queue's message then comes again.</summary>
internal sealed record FunctionResponse
{
    /// <summary>By output binding; none where the function has none.</summary>
    public IReadOnlyDictionary<string, JsonElement> Outputs { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Lines that the host logs with the invocation.</summary>
    public IReadOnlyList<string> Logs { get; init; } = [];

    /// <summary>For the output binding <c>$return</c>.</summary>
    public JsonElement? ReturnValue { get; init; }
}

/// <summary>Names stay as they are: the host's protocol writes them in capitals.</summary>
[JsonSerializable(typeof(FunctionResponse))]
internal sealed partial class FunctionJson : JsonSerializerContext;

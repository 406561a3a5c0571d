using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FunctionsApi.EndToEnd.Tests.Hosting.Double;

/// <summary>The host's JSON protocol: how functions are called that a queue or timer triggers.</summary>
internal static class Invocation
{
    /// <returns>Whether the function did its work, and what it answered.</returns>
    public static async Task<(bool Succeeded, string Text)> SendAsync(
        HttpMessageInvoker handlers, Uri handler, Function function, JsonNode data, JsonObject metadata, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["Data"] = new JsonObject { [function.Binding] = data.DeepClone() }, ["Metadata"] = metadata };
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(handler, function.Name))
        {
            Content = JsonContent.Create(body, options: JsonSerializerOptions.Default),
        };
        request.Headers.Add("X-Azure-Functions-InvocationId", $"{Guid.NewGuid()}");
        using var answer = await handlers.SendAsync(request, cancellationToken);
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        return (answer.IsSuccessStatusCode && IsResult(text), text);
    }

    /// <summary>A text as the host puts it into its JSON: serialized once more.</summary>
    public static string Text<T>(T value) => JsonSerializer.Serialize(value, JsonSerializerOptions.Default);

    private static bool IsResult(string text)
    {
        try
        {
            return JsonNode.Parse(text)?["Outputs"] is JsonObject;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

using System.Text.Json;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>What a message in the queue says: which job is to be run. <c>{"tenant":"acme","id":"0195…"}</c></summary>
internal readonly record struct CrawlMessage(string Tenant, string Id)
{
    /// <returns>Null where the text says something else.</returns>
    public static CrawlMessage? Parse(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return Text(json.RootElement, "tenant") is { Length: > 0 } tenant && Text(json.RootElement, "id") is { Length: > 0 } id
                ? new(tenant, id)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public override string ToString() =>
        $$"""{"tenant":"{{JsonEncodedText.Encode(Tenant)}}","id":"{{JsonEncodedText.Encode(Id)}}"}""";

    private static string? Text(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String
            ? member.GetString()
            : null;
}

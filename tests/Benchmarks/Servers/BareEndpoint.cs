using System.Runtime.InteropServices;
using System.Text.Json;

namespace FunctionsApi.Benchmarks.Servers;

/// <summary>
/// The least that an endpoint can do which answers POST /infer: parse the body where Kestrel received it, check it, write the answer in one
/// piece. No authentication, no quota, no usage.
/// </summary>
internal static class BareEndpoint
{
    /// <summary>The same, with <see cref="Work.QuotaHeaders"/>.</summary>
    public static Task AnswerWithHeadersAsync(HttpContext http)
    {
        foreach (var (name, value) in Work.QuotaHeaders)
            http.Response.Headers[name] = value;
        return AnswerAsync(http);
    }

    public static async Task AnswerAsync(HttpContext http)
    {
        var reader = http.Request.BodyReader;
        var read = await reader.ReadAsync();
        while (!read.IsCompleted)
        {
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await reader.ReadAsync();
        }

        using (var body = JsonDocument.Parse(read.Buffer))
            if (body.RootElement.TryGetProperty("deployment_id"u8, out var id) && id.ValueKind == JsonValueKind.String
                && body.RootElement.TryGetProperty("inputs"u8, out var inputs) && inputs.ValueKind == JsonValueKind.Object)
                Write(http.Response, JsonMarshal.GetRawUtf8Value(id), JsonMarshal.GetRawUtf8Value(inputs));
            else
                http.Response.StatusCode = 400;
        reader.AdvanceTo(read.Buffer.End);
    }

    private static void Write(HttpResponse response, ReadOnlySpan<byte> id, ReadOnlySpan<byte> inputs)
    {
        var beforeId = "{\"valid\":true,\"deployment_id\":"u8;
        var afterId = ",\"outputs\":"u8;
        var length = beforeId.Length + id.Length + afterId.Length + inputs.Length + 1;
        response.ContentType = "application/json";
        response.ContentLength = length;
        var rest = response.BodyWriter.GetSpan(length);
        beforeId.CopyTo(rest);
        rest = rest[beforeId.Length..];
        id.CopyTo(rest);
        rest = rest[id.Length..];
        afterId.CopyTo(rest);
        rest = rest[afterId.Length..];
        inputs.CopyTo(rest);
        rest[inputs.Length] = (byte)'}';
        response.BodyWriter.Advance(length);
    }
}

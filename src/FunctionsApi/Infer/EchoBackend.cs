using System.Text;

namespace FunctionsApi.Infer;

/// <summary>Answers with the inputs, byte for byte: numbers and strings stay as the caller wrote them.</summary>
internal static class EchoBackend
{
    /// <summary>Writes the whole answer in one piece, which leaves with the response's headers in one packet.</summary>
    /// <param name="response">The response.</param>
    /// <param name="deployment">Its id needs no escaping: its characters are all harmless in JSON.</param>
    /// <param name="inputs">A JSON object.</param>
    public static void Answer(HttpResponse response, Deployment deployment, ReadOnlySpan<byte> inputs)
    {
        var beforeId = "{\"valid\":true,\"deployment_id\":\""u8;
        var afterId = "\",\"outputs\":"u8;
        var length = beforeId.Length + deployment.Id.Length + afterId.Length + inputs.Length + 1;

        response.ContentType = "application/json";
        response.ContentLength = length;
        var rest = response.BodyWriter.GetSpan(length);
        beforeId.CopyTo(rest);
        rest = rest[beforeId.Length..];
        rest = rest[Encoding.ASCII.GetBytes(deployment.Id, rest)..];
        afterId.CopyTo(rest);
        rest = rest[afterId.Length..];
        inputs.CopyTo(rest);
        rest[inputs.Length] = (byte)'}';
        response.BodyWriter.Advance(length);
    }
}

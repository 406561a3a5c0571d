namespace FunctionsApi.Api;

/// <summary>An answer that stays the same as long as the program runs.</summary>
/// <param name="body">All of it.</param>
/// <param name="contentType">As the header says it.</param>
internal sealed class FixedAnswer(byte[] body, string contentType)
{
    private readonly string _eTag = EntityTag.Of(body);

    /// <summary>One that is built into the program.</summary>
    /// <param name="resource">Its name in the assembly.</param>
    /// <param name="contentType">As the header says it.</param>
    public static FixedAnswer BuiltIn(string resource, string contentType)
    {
        using var stream = typeof(FixedAnswer).Assembly.GetManifestResourceStream(resource)!;
        var body = new byte[stream.Length];
        stream.ReadExactly(body);
        return new(body, contentType);
    }

    /// <summary>Answers 200, or 304 where the client has it.</summary>
    public async Task WriteAsync(HttpContext http)
    {
        if (http.IsKnown(_eTag))
            return;
        http.Response.ContentType = contentType;
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }
}

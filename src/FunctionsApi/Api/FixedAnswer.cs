namespace FunctionsApi.Api;

/// <summary>An answer that is built into the program.</summary>
internal sealed class FixedAnswer
{
    private readonly byte[] _body;
    private readonly string _contentType;
    private readonly string _eTag;

    /// <param name="resource">Its name in the assembly.</param>
    /// <param name="contentType">As the header says it.</param>
    public FixedAnswer(string resource, string contentType)
    {
        using var stream = typeof(FixedAnswer).Assembly.GetManifestResourceStream(resource)!;
        _body = new byte[stream.Length];
        stream.ReadExactly(_body);
        (_contentType, _eTag) = (contentType, EntityTag.Of(_body));
    }

    /// <summary>Answers 200, or 304 where the client has it.</summary>
    public async Task WriteAsync(HttpContext http)
    {
        if (http.IsKnown(_eTag))
            return;
        http.Response.ContentType = _contentType;
        http.Response.ContentLength = _body.Length;
        await http.Response.Body.WriteAsync(_body, http.RequestAborted);
    }
}

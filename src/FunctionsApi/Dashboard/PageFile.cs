using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace FunctionsApi.Dashboard;

/// <summary>A file of the page, as it is built into the program.</summary>
/// <param name="Answer">Answers 200, or 304 where the client has it; a HEAD without the body.</param>
internal sealed record PageFile(FileContentHttpResult Answer)
{
    /// <exception cref="InvalidOperationException">The program has no such file.</exception>
    public static PageFile Read(string name)
    {
        using var resource = typeof(PageFile).Assembly.GetManifestResourceStream($"Dashboard/{name}")
            ?? throw new InvalidOperationException($"Dashboard/{name} is not built in.");
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        var eTag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16))}\"");
        return new(TypedResults.Bytes(bytes, ContentType(name), entityTag: eTag));
    }

    private static string ContentType(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        _ => throw new InvalidOperationException($"{name} is none of the page's kinds of file."),
    };
}

using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace FunctionsApi.Dashboard;

/// <summary>A file of the page, as it is built into the program.</summary>
/// <param name="Name">Without a path.</param>
/// <param name="Answer">Answers 200, or 304 where the client has it; a HEAD without the body.</param>
internal sealed record PageFile(string Name, FileContentHttpResult Answer)
{
    // As the project file names them.
    private const string Prefix = "Dashboard/";

    public static IEnumerable<PageFile> ReadAll() => typeof(PageFile).Assembly.GetManifestResourceNames()
        .Where(resource => resource.StartsWith(Prefix, StringComparison.Ordinal))
        .Select(resource => Read(resource, resource[Prefix.Length..]));

    private static PageFile Read(string resource, string name)
    {
        using var stream = typeof(PageFile).Assembly.GetManifestResourceStream(resource)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        var eTag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16))}\"");
        return new(name, TypedResults.Bytes(bytes, ContentType(name), entityTag: eTag));
    }

    private static string ContentType(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        _ => throw new InvalidOperationException($"{name} is none of the page's kinds of file."),
    };
}

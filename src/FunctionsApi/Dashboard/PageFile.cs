using FunctionsApi.Api;

namespace FunctionsApi.Dashboard;

/// <summary>A file of the page: as it is built into the program, or made once at its start.</summary>
/// <param name="Name">Without a path.</param>
/// <param name="Answer">Shows it.</param>
internal sealed record PageFile(string Name, FixedAnswer Answer)
{
    // As the project file names them.
    private const string Prefix = "Dashboard/";

    public static IEnumerable<PageFile> ReadAll() =>
        from resource in typeof(PageFile).Assembly.GetManifestResourceNames()
        where resource.StartsWith(Prefix, StringComparison.Ordinal)
        select new PageFile(resource[Prefix.Length..], FixedAnswer.BuiltIn(resource, ContentType(resource)));

    private static string ContentType(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        _ => throw new InvalidOperationException($"{name} is none of the page's kinds of file."),
    };
}

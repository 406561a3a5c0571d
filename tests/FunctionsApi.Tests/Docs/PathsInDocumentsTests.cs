using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Docs;

/// <summary>What documents point at is there.</summary>
public sealed class PathsInDocumentsTests
{
    private static readonly string[] Tops = ["src/", "tests/", "docs/", "infra/"];

    [Fact]
    public void Every_relative_link_leads_somewhere()
    {
        foreach (var document in Document.All)
            foreach (var link in document.Links.Where(link => !link.Contains("://", StringComparison.Ordinal)))
                Leads(document, link).ShouldBeTrue($"{document} links to {link}");
    }

    [Fact]
    public void Every_path_that_is_named_exists()
    {
        foreach (var document in Document.All)
            foreach (var path in document.Code.Where(code => Tops.Any(top => code.StartsWith(top, StringComparison.Ordinal)) && !code.Contains(' ')))
                Exists(path).ShouldBeTrue($"{document} names {path}");
    }

    [Fact]
    public void Every_script_and_project_that_a_snippet_runs_exists()
    {
        foreach (var document in Document.All)
            foreach (var words in document.ShellLines.Select(ShellLine.Words))
                foreach (var path in words.Where(IsOurs))
                    Exists(path).ShouldBeTrue($"{document} runs {path}");
    }

    private static bool IsOurs(string word) =>
        word.StartsWith("./", StringComparison.Ordinal) || Tops.Any(top => word.StartsWith(top, StringComparison.Ordinal));

    private static bool Leads(Document from, string link)
    {
        var (path, anchor) = link.Split('#') is [var before, var after] ? (before, after) : (link, null);
        var target = path.Length == 0 ? from.Path : Path.Combine(Path.GetDirectoryName(from.Path)!, path);
        return Exists(target) && (anchor is null || new Document(target).Anchors.Contains(anchor));
    }

    private static bool Exists(string path) => Path.Exists(Path.Combine(Document.Repository, path));
}

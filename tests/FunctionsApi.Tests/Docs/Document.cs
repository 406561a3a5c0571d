using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace FunctionsApi.Tests.Docs;

/// <summary>One Markdown file of the repository, as far as tests have to understand it.</summary>
/// <param name="path">Relative to <see cref="Repository"/>.</param>
internal sealed partial class Document(string path)
{
    private readonly string[] _lines = File.ReadAllLines(System.IO.Path.Combine(Repository, path));

    public static string Repository { get; } =
        System.IO.Path.GetFullPath(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Here())!, "..", "..", ".."));

    public static Document Readme { get; } = new("README.md");

    /// <summary>Every document that people read: those at the top and in infra/, and all below docs/.</summary>
    public static IReadOnlyList<Document> All { get; } =
    [
        .. Directory.EnumerateFiles(Repository, "*.md")
            .Concat(Directory.EnumerateFiles(System.IO.Path.Combine(Repository, "infra"), "*.md"))
            .Concat(Directory.EnumerateFiles(System.IO.Path.Combine(Repository, "docs"), "*.md", SearchOption.AllDirectories))
            .Order()
            .Select(file => new Document(System.IO.Path.GetRelativePath(Repository, file))),
    ];

    public string Path { get; } = path;

    /// <summary>Each line of its shell snippets, comments left out.</summary>
    public IEnumerable<string> ShellLines => Snippets("sh").Where(line => line.Length > 0 && line[0] != '#');

    /// <summary>What stands in backticks outside of snippets.</summary>
    public IEnumerable<string> Code => Prose.SelectMany(line => CodePattern().Matches(line)).Select(match => match.Groups[1].Value);

    /// <summary>Where its links and pictures lead.</summary>
    public IEnumerable<string> Links =>
        Prose.SelectMany(line => LinkPattern().Matches(CodePattern().Replace(line, ""))).Select(match => match.Groups[1].Value);

    /// <summary>Its headings' anchors, as GitHub makes them.</summary>
    public IEnumerable<string> Anchors => Prose.Where(line => line.StartsWith('#')).Select(line =>
        NotInAnchorsPattern().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    /// <summary>The cells of every table row whose first cell is code, that code without its backticks.</summary>
    public IEnumerable<string[]> RowsAbout(Func<string, bool> code) =>
        from line in Prose
        where line.StartsWith("| `", StringComparison.Ordinal)
        let cells = line.Trim('|').Split('|').Select(cell => cell.Trim().Trim('`')).ToArray()
        where code(cells[0])
        select cells;

    public override string ToString() => Path;

    private IEnumerable<string> Prose => _lines.Zip(Fences()).Where(pair => pair.Second is null).Select(pair => pair.First);

    private IEnumerable<string> Snippets(string language) =>
        _lines.Zip(Fences()).Where(pair => pair.Second == language && !IsFence(pair.First)).Select(pair => pair.First.Trim());

    /// <summary>For each line the language of the snippet that it is in, fences included; null outside.</summary>
    private IEnumerable<string?> Fences()
    {
        string? language = null;
        foreach (var line in _lines)
        {
            var closes = IsFence(line) && language is not null;
            language ??= IsFence(line) ? line.Trim()[3..] : null;
            yield return language;
            if (closes)
                language = null;
        }
    }

    private static bool IsFence(string line) => line.TrimStart().StartsWith("```", StringComparison.Ordinal);

    private static string Here([CallerFilePath] string path = "") => path;

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex CodePattern();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex LinkPattern();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchorsPattern();
}

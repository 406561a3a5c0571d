using System.Collections.Frozen;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>
/// The text that a reader of an HTML page would see, found in one pass. It understands tags, comments, entities and what is
/// not text; it does not build a document, so text that a style sheet or script hides is taken as well.
/// </summary>
internal static partial class HtmlText
{
    private static readonly FrozenSet<string> Unread =
        FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
            "script", "style", "noscript", "template", "svg", "iframe", "object", "textarea", "select");

    private static readonly FrozenSet<string> Inline =
        FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
            "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd", "label",
            "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "u", "var", "wbr");

    public static Page Read(string html)
    {
        var text = new StringBuilder(html.Length / 2);
        var links = new List<string>();
        var title = "";
        for (var at = 0; at < html.Length;)
        {
            if (html[at] != '<')
                at = CopyText(html, at, text);
            else if (html.AsSpan(at).StartsWith("<!--", StringComparison.Ordinal))
                at = After(html, "-->", at + 4);
            else if (NameAt(html, at + 1) is not { Length: > 0 } name)
                at = CopyText(html, at, text);
            else
            {
                var content = EndOfTag(html, at + 1);
                var end = name is "title" || Unread.Contains(name) ? IndexOf(html, "</" + name, content) : content;
                if (name is "title" && title.Length == 0)
                    title = Tidy(WebUtility.HtmlDecode(html[content..end])).ReplaceLineEndings(" ");
                if (name is "a" && Href().Match(html, at, content - at) is { Success: true } href)
                    links.Add(WebUtility.HtmlDecode(href.Groups["url"].Value.Trim()));
                if (!Inline.Contains(name.TrimStart('/')))
                    text.Append('\n');
                at = end;
            }
        }

        return new(title, Tidy(WebUtility.HtmlDecode(text.ToString()))) { Links = links };
    }

    /// <summary>One space between words, no space at either end of a line, no empty lines.</summary>
    public static string Tidy(string text)
    {
        var tidy = new StringBuilder(text.Length);
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var start = tidy.Length;
            foreach (var word in line.SplitAny([' ', '\t', '\u00a0', '\0', '\v']))
                if (!line[word].IsWhiteSpace())
                    tidy.Append(tidy.Length > start ? " " : start > 0 ? "\n" : "").Append(line[word]);
        }

        return tidy.ToString();
    }

    // A line's end in the source is a space to the reader; only a block begins a new line.
    private static int CopyText(string html, int at, StringBuilder text)
    {
        var end = IndexOf(html, "<", at + 1);
        foreach (var character in html.AsSpan(at..end))
            text.Append(character is '\n' or '\r' ? ' ' : character);
        return end;
    }

    /// <summary>The name of the tag, with its slash where it ends an element; empty where no tag is.</summary>
    private static string NameAt(string html, int at)
    {
        var end = at < html.Length && html[at] is '/' or '!' or '?' ? at + 1 : at;
        while (end < html.Length && char.IsAsciiLetterOrDigit(html[end]))
            end++;
        return html[at..end].ToLowerInvariant();
    }

    private static int EndOfTag(string html, int at)
    {
        var quote = '\0';
        for (; at < html.Length; at++)
        {
            if (quote != '\0')
                quote = html[at] == quote ? '\0' : quote;
            else if (html[at] is '"' or '\'')
                quote = html[at];
            else if (html[at] == '>')
                return at + 1;
        }

        return at;
    }

    private static int After(string html, string what, int from) =>
        Math.Min(html.Length, IndexOf(html, what, Math.Min(from, html.Length)) + what.Length);

    private static int IndexOf(string html, string what, int from)
    {
        var index = from < html.Length ? html.IndexOf(what, from, StringComparison.OrdinalIgnoreCase) : -1;
        return index < 0 ? html.Length : index;
    }

    /// <summary>In quotes of either kind, or in none.</summary>
    [GeneratedRegex("""\shref\s*=\s*(?:"(?<url>[^"]*)"|'(?<url>[^']*)'|(?<url>[^\s"'>]+))""", RegexOptions.IgnoreCase)]
    private static partial Regex Href();
}

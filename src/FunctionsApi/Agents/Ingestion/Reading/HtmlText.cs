using System.Collections.Frozen;
using System.Text;
using AngleSharp.Dom;

namespace FunctionsApi.Agents.Ingestion.Reading;

/// <summary>The text below an element as its reader sees it: a line for each block.</summary>
internal static class HtmlText
{
    private static readonly FrozenSet<string> Inline =
        FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
            "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img", "ins", "kbd",
            "label", "mark", "q", "ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr");

    public static string Of(IElement root)
    {
        var text = new StringBuilder();
        Write(root, text, isPreformatted: false);
        return PlainText.Tidy(text.ToString());
    }

    // As deep as the parser lets elements be.
    private static void Write(INode node, StringBuilder text, bool isPreformatted)
    {
        if (node is IText { Data: var data })
        {
            foreach (var letter in data)
                // A line's end in the source is a space to the reader; only a block begins a new line.
                text.Append(letter is '\n' or '\r' && !isPreformatted ? ' ' : letter);
            return;
        }

        if (node is not IElement element)
            return;
        var name = element.LocalName;
        var end = name is "td" or "th" ? ' ' : name == "br" || !Inline.Contains(name) ? '\n' : '\0';
        if (end == '\n')
            text.Append('\n');
        foreach (var child in element.ChildNodes)
            Write(child, text, isPreformatted || name == "pre");
        if (end != '\0')
            text.Append(end);
    }
}

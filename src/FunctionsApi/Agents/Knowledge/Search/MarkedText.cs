using System.Text;
using System.Text.Json.Serialization;

namespace FunctionsApi.Agents.Knowledge.Search;

/// <summary>A stretch of a text.</summary>
/// <param name="Start">In UTF-16 code units, which is what JavaScript and .NET count.</param>
/// <param name="Length">In the same.</param>
internal readonly record struct TextRange(int Start, int Length)
{
    [JsonIgnore]
    public int End => Start + Length;
}

/// <summary>A text and what was found in it.</summary>
/// <param name="Text">Plain.</param>
/// <param name="Ranges">In order; none overlaps another.</param>
internal sealed record MarkedText(string Text, IReadOnlyList<TextRange> Ranges)
{
    /// <summary>What the index puts before and after what it found. No indexed text has these.</summary>
    public const char Open = '\u0001', Close = '\u0002';

    /// <summary>Invisible, and not part of any word.</summary>
    public const string Separator = "\u200B";

    /// <summary>Takes the marks out of a text, and the separators.</summary>
    public static MarkedText Parse(string marked)
    {
        var text = new StringBuilder(marked.Length);
        List<TextRange> ranges = [];
        var start = 0;
        foreach (var character in marked)
        {
            if (character == Open)
                start = text.Length;
            else if (character == Close && text.Length > start)
                ranges.Add(new(start, text.Length - start));
            else if (character != Close && character != Separator[0])
                text.Append(character);
        }

        return new(text.ToString(), ranges);
    }

    /// <summary>The text on one line.</summary>
    public MarkedText OnOneLine() => this with { Text = Text.Replace('\n', ' ') };

    /// <summary>Besides what is marked, marks pieces of text wherever they are.</summary>
    public MarkedText Mark(IReadOnlyList<string> pieces)
    {
        if (pieces.Count == 0)
            return this;
        var marked = new bool[Text.Length];
        foreach (var range in Ranges.Concat(pieces.SelectMany(piece => Find(Text, piece))))
            marked.AsSpan(range.Start, range.Length).Fill(true);
        List<TextRange> ranges = [];
        for (var start = Array.IndexOf(marked, true); start >= 0; start = Array.IndexOf(marked, true, ranges[^1].End))
        {
            var end = Array.IndexOf(marked, false, start);
            ranges.Add(new(start, (end < 0 ? Text.Length : end) - start));
        }

        return this with { Ranges = ranges };
    }

    /// <summary>Every place of a piece in a text, in whatever case.</summary>
    public static IEnumerable<TextRange> Find(string text, string piece)
    {
        for (var at = text.IndexOf(piece, StringComparison.OrdinalIgnoreCase); at >= 0; at = text.IndexOf(piece, at + piece.Length, StringComparison.OrdinalIgnoreCase))
            yield return new(at, piece.Length);
    }

    /// <summary>A text as it is indexed: without control characters, and words of different scripts apart.</summary>
    public static string Indexed(string text)
    {
        if (text.AsSpan().ContainsAnyInRange('\0', '\u001F'))
            text = string.Create(text.Length, text, static (to, from) =>
            {
                for (var i = 0; i < to.Length; i++)
                    to[i] = from[i] is < ' ' and not '\n' ? ' ' : from[i];
            });
        return SearchTerms.HasSpaceless(text) ? SearchTerms.Separate(text, Separator) : text;
    }
}

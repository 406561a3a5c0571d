using System.Buffers;
using System.Text.RegularExpressions;
using FunctionsApi.Agents.Knowledge.Search;

namespace FunctionsApi.Agents.Knowledge.Synthesis;

/// <param name="Range">Where it is in its text, without the space around it.</param>
/// <param name="Line">The number of its line: sentences of one line belong together.</param>
/// <param name="Shape">What it is.</param>
internal readonly record struct Sentence(TextRange Range, int Line, SentenceShape Shape);

internal enum SentenceShape
{
    /// <summary>Says something and ends.</summary>
    Statement,

    /// <summary>Ends in nothing, as a row of a table or a list does.</summary>
    Fragment,

    Question,

    /// <summary>Stands above what it is about.</summary>
    Heading,

    /// <summary>A menu, or the like.</summary>
    Navigation,
}

/// <summary>Cuts texts into sentences.</summary>
internal static partial class SentenceCutter
{
    private const int MaxLength = 600, MaxHeadingWords = 10, MinNavigationWords = 3, MinNavigationMarks = 2;

    private static readonly SearchValues<char> NavigationMarks = SearchValues.Create("|›»·•→");

    /// <param name="text">A paragraph to a line.</param>
    public static List<Sentence> Cut(string text)
    {
        List<Sentence> sentences = [];
        var line = 0;
        for (var start = 0; start < text.Length; line++)
        {
            var end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end;
            CutLine(text, start, end, line, sentences);
            start = end + 1;
        }

        return sentences;
    }

    private static void CutLine(string text, int start, int end, int line, List<Sentence> sentences)
    {
        var first = start;
        while (start < end)
        {
            var next = EndOf(text, start, end);
            var trimmed = text.AsSpan(start..next).Trim();
            if (trimmed.Length > 0)
            {
                var at = start + text.AsSpan(start..next).IndexOf(trimmed);
                sentences.Add(new(new(at, trimmed.Length), line, ShapeOf(trimmed, isWholeLine: start == first && next == end)));
            }

            start = next;
        }
    }

    private static int EndOf(string text, int start, int end)
    {
        var last = Math.Min(end, start + MaxLength);
        foreach (var mark in EndMark().EnumerateMatches(text.AsSpan(start..last)))
        {
            var after = start + mark.Index + mark.Length;
            var isWide = text[start + mark.Index] is '。' or '！' or '？';
            if (isWide || ((after == end || char.IsWhiteSpace(text[after])) && !Abbreviation().IsMatch(text.AsSpan(start..(start + mark.Index + 1)))))
                return after;
        }

        if (last == end)
            return end;
        // What goes on for longer than that is no sentence: cut it between two words.
        var space = text.LastIndexOf(' ', last - 1, last - start);
        return space > start ? space + 1 : char.IsLowSurrogate(text[last]) ? last + 1 : last;
    }

    private static SentenceShape ShapeOf(ReadOnlySpan<char> sentence, bool isWholeLine)
    {
        var end = sentence.TrimEnd("\"'”’»)]").TrimEnd();
        if (end.EndsWith("?") || end.EndsWith("？"))
            return SentenceShape.Question;
        if (end.Length > 0 && end[^1] is '.' or '!' or '…' or ':' or ';' or '。' or '！' && end.Length > 1)
            return SentenceShape.Statement;
        if (!isWholeLine || SearchTerms.HasSpaceless(sentence.ToString()))
            return SentenceShape.Fragment;
        var (words, capitals) = (0, 0);
        foreach (var word in AnyWord().EnumerateMatches(sentence))
        {
            words++;
            capitals += char.IsUpper(sentence[word.Index]) ? 1 : 0;
        }

        if (sentence.CountAny(NavigationMarks) >= MinNavigationMarks || (words > MinNavigationWords && capitals > words * 0.7 && !sentence.ContainsAnyInRange('0', '9')))
            return SentenceShape.Navigation;
        return words <= MaxHeadingWords && !sentence.ContainsAnyInRange('0', '9') && !sentence.Contains(':') ? SentenceShape.Heading : SentenceShape.Fragment;
    }

    [GeneratedRegex("""[.!?…]+["'”’»)\]]*|[。！？]+[」』”’）]*""")]
    private static partial Regex EndMark();

    [GeneratedRegex(@"(?:^|[\s(])(?:e\.g|i\.e|cf|mr|mrs|ms|dr|prof|st|no|vs|approx|ca|inc|ltd|fig|vol|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|[A-Z])\.$", RegexOptions.IgnoreCase)]
    private static partial Regex Abbreviation();

    [GeneratedRegex(@"[\p{L}\p{N}]+")]
    private static partial Regex AnyWord();
}

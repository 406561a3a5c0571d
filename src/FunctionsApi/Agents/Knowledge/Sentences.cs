namespace FunctionsApi.Agents.Knowledge;

/// <summary>Finds the sentence of a text that says most about some words.</summary>
internal static class Sentences
{
    private const int MaxLength = 600;

    /// <returns>Null where no sentence has any of the words.</returns>
    public static string? Best(string text, Words words)
    {
        var ranking = new Ranking<Range>(words);
        for (var start = 0; start < text.Length;)
        {
            var end = EndOf(text, start);
            ranking.Add(start..end, text.AsSpan(start..end));
            start = end;
        }

        return ranking.Matches == 0 ? null : text[ranking.Best().First().Item].Trim();
    }

    /// <summary>After a full stop, question mark or exclamation mark that a space follows, or at the line's end.</summary>
    private static int EndOf(string text, int start)
    {
        var last = Math.Min(text.Length, start + MaxLength);
        for (var at = start; at < last; at++)
        {
            if (text[at] == '\n')
                return at + 1;
            if (text[at] is '.' or '?' or '!' or '。' && (at + 1 == text.Length || char.IsWhiteSpace(text[at + 1])))
                return at + 1;
        }

        // What goes on for longer than that is no sentence: cut it between two words.
        var space = last < text.Length ? text.LastIndexOf(' ', last - 1, last - start) : -1;
        return space > start ? space + 1 : last < text.Length && char.IsLowSurrogate(text[last]) ? last + 1 : last;
    }
}

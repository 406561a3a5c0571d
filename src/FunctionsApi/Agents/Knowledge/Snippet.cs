namespace FunctionsApi.Agents.Knowledge;

/// <summary>The part of a text that shows why it was found.</summary>
internal static class Snippet
{
    private const int Before = 80, Length = 240;

    public static string Of(string text, Words words)
    {
        var start = WordStart(text, Math.Max(0, words.FirstIn(text) - Before));
        var end = start + Length >= text.Length ? text.Length : WordEnd(text, start + Length, start);
        return (start > 0 ? "…" : "") + text[start..end].ReplaceLineEndings(" ").Trim() + (end < text.Length ? "…" : "");
    }

    private static int WordStart(string text, int at)
    {
        if (at == 0)
            return 0;
        var space = text.AsSpan(at, Before).IndexOfAny(' ', '\n');
        return space < 0 ? NotInsidePair(text, at) : at + space + 1;
    }

    private static int WordEnd(string text, int at, int start)
    {
        var space = text.AsSpan(start, at - start).LastIndexOfAny(' ', '\n');
        return space <= 0 ? NotInsidePair(text, at) : start + space;
    }

    private static int NotInsidePair(string text, int at) => char.IsLowSurrogate(text[at]) ? at - 1 : at;
}

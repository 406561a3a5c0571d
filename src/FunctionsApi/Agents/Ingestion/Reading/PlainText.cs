using System.Text;

namespace FunctionsApi.Agents.Ingestion.Reading;

internal static class PlainText
{
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
}

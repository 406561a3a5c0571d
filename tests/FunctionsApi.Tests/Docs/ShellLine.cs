using System.Text;

namespace FunctionsApi.Tests.Docs;

/// <summary>A shell command, as far as documents go: words, quotes, comments; what follows a pipe is another command.</summary>
internal static class ShellLine
{
    private static readonly string[] Ends = ["|", ">", ">>", "<", "&", "&&", ";"];

    /// <summary>The words of the line's first command.</summary>
    public static IReadOnlyList<string> Words(string line)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var quote = '\0';
        foreach (var c in line + " ")
        {
            if (quote != '\0' && c != quote)
                word.Append(c);
            else if (c is '\'' or '"')
                quote = quote == '\0' ? c : '\0';
            else if (c != ' ')
                word.Append(c);
            else if (word.Length > 0)
            {
                if (word[0] == '#' || Ends.Contains(word.ToString()))
                    break;
                words.Add(word.ToString());
                word.Clear();
            }
        }

        return words;
    }
}

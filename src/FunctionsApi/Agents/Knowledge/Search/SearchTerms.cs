// What someone types is data and never an expression. Words are runs of letters and digits, those joined by a hyphen, an apostrophe, a
// dot and the like included: e-mail is looked for as "e" with "mail" right after it. Some scripts put no space between words. Of a run
// of these every three characters are looked for, which is what the index holds of such texts; a run of one or two stands for every
// three that begin with it.
//
// Example: How's the 退款流程 of ACME-2? is looked for as the words ACME-2 and the grams 退款流 and 款流程.

using System.Text;
using System.Text.RegularExpressions;

namespace FunctionsApi.Agents.Knowledge.Search;

/// <summary>What someone looks for.</summary>
internal sealed partial class SearchTerms
{
    /// <summary>How many characters the index holds together of a script without spaces.</summary>
    public const int GramLength = 3;

    private const int MaxTerms = 32;

    // Thai, Lao and Tibetan; Myanmar; Khmer; kana; Han; Hangul, whose words carry their endings; and what of these is beyond 16 bits.
    private const string Spaceless =
        @"\u0E00-\u0FFF\u1000-\u109F\u1780-\u17FF\u3005-\u3007\u3040-\u30FF\u31F0-\u31FF\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7AF\uF900-\uFAFF\uFF66-\uFF9F\uD840-\uD8BF";

    private SearchTerms(IReadOnlyList<string> words, IReadOnlyList<string> grams) => (Words, Grams) = (words, grams);

    /// <summary>Words of scripts that put spaces between them.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>Up to <see cref="GramLength"/> characters each, of scripts without spaces.</summary>
    public IReadOnlyList<string> Grams { get; }

    public int Count => Words.Count + Grams.Count;

    /// <param name="text">What someone typed. Words that are in every text are left out, unless there are no others.</param>
    public static SearchTerms Of(string text)
    {
        List<string> words = [], runs = [];
        foreach (Match match in Word().Matches(text))
            (match.Groups["run"].Success ? runs : words).Add(match.Value);
        var telling = new SearchTerms(Distinct(words.Where(word => !StopWords.Contains(word))), Distinct(runs.SelectMany(StopWords.Cut).SelectMany(GramsOf)));
        return telling.Count > 0 ? telling : new(Distinct(words), Distinct(runs.SelectMany(GramsOf)));
    }

    /// <summary>Whether a text has characters of a script without spaces.</summary>
    public static bool HasSpaceless(string text) => SpacelessCharacter().IsMatch(text);

    /// <summary>Puts something between the words of scripts with and without spaces, which would otherwise be one word.</summary>
    public static string Separate(string text, string separator) => Border().Replace(text, separator);

    private static IEnumerable<string> GramsOf(string run)
    {
        Rune[] characters = [.. run.EnumerateRunes()];
        for (var start = 0; start == 0 || start + GramLength <= characters.Length; start++)
            yield return string.Concat(characters.Skip(start).Take(GramLength));
    }

    private static List<string> Distinct(IEnumerable<string> terms) => [.. terms.Distinct(StringComparer.OrdinalIgnoreCase).Take(MaxTerms)];

    [GeneratedRegex($@"(?<run>(?:[{Spaceless}][\uDC00-\uDFFF]?)+)|[\p{{L}}\p{{N}}\p{{M}}-[{Spaceless}]]+(?:[-'’._@&][\p{{L}}\p{{N}}\p{{M}}-[{Spaceless}]]+)*", RegexOptions.ExplicitCapture)]
    private static partial Regex Word();

    [GeneratedRegex($"[{Spaceless}]")]
    private static partial Regex SpacelessCharacter();

    [GeneratedRegex($@"(?<=[\p{{L}}\p{{N}}-[{Spaceless}]])(?=[{Spaceless}])|(?<=[{Spaceless}])(?=[\p{{L}}\p{{N}}-[{Spaceless}]])", RegexOptions.ExplicitCapture)]
    private static partial Regex Border();
}

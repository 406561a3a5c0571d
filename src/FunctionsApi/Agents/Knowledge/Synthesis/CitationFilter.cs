// The model cites as [1: "exact words"] or [1]. A citation stands where there is a source of that number, the words are in one of its
// passages, and so is every figure of the sentence that it follows. One without words stands for the sentence itself: half of the words that
// say something have to be in the source's passages, whatever their endings. One that stands is shown as [1]; any other is taken out and
// counted.
//
// Example: of "Refunds take 5 days [1: "within 5 days"]. They are free [7]." with one source that says "Refunds arrive within 5 days."
// there is left "Refunds take 5 days [1]. They are free."

using System.Text;
using System.Text.RegularExpressions;
using FunctionsApi.Agents.Knowledge.Search;

namespace FunctionsApi.Agents.Knowledge.Synthesis;

/// <summary>Checks the citations of an answer as it arrives.</summary>
internal sealed partial class CitationFilter(IReadOnlyList<PromptSource> sources)
{
    private const int MaxCitation = 600, LeastStem = 4, LongestEnding = 3;

    private readonly Dictionary<int, string> _texts = sources.ToDictionary(
        source => source.Number, source => Plain(string.Join('\n', source.Passages.Select(passage => passage.Whole))));

    // From a bracket on, with the space before it, until it is clear whether it is a citation.
    private readonly StringBuilder _held = new(), _sentence = new();
    private bool _inBracket, _inQuotes, _sentenceEnded;

    /// <summary>The numbers of the sources that citations stand in, with the words that were cited; empty where none were.</summary>
    public SortedDictionary<int, string> Cited { get; } = [];

    /// <summary>Citations that do not stand.</summary>
    public int Dropped { get; private set; }

    /// <returns>What can be shown by now.</returns>
    public string Feed(string text)
    {
        var shown = new StringBuilder();
        foreach (var character in text)
            Feed(character, shown);
        return shown.ToString();
    }

    /// <returns>What was held back until the end.</returns>
    public string End()
    {
        var rest = _held.ToString().TrimEnd();
        _held.Clear();
        // Broken off.
        if (!CitationStart().IsMatch(rest))
            return rest;
        Dropped++;
        return "";
    }

    private void Feed(char character, StringBuilder shown)
    {
        if (!_inBracket && character != '[' && !char.IsWhiteSpace(character))
        {
            Show(_held.ToString() + character, shown);
            _held.Clear();
            return;
        }

        _held.Append(character);
        _inBracket |= character == '[';
        _inQuotes ^= _inBracket && (character is '"' or '“' or '”');
        if (!_inBracket || ((character != ']' || _inQuotes) && _held.Length <= MaxCitation))
            return;
        var held = _held.ToString();
        _held.Clear();
        (_inBracket, _inQuotes) = (false, false);
        if (Citation().Match(held.TrimStart()) is { Success: true } citation)
            Show(Checked(citation) is { Length: > 0 } stands ? held[..held.IndexOf('[', StringComparison.Ordinal)] + stands : "", shown);
        else
            Show(held, shown);
    }

    private void Show(string text, StringBuilder shown)
    {
        shown.Append(text);
        foreach (var character in text)
        {
            if (_sentenceEnded && char.IsLetterOrDigit(character))
            {
                _sentence.Clear();
                _sentenceEnded = false;
            }

            _sentenceEnded |= (char.IsWhiteSpace(character) && _sentence.Length > 0 && (_sentence[^1] is '.' or '!' or '?')) || character is '。' or '！' or '？';
            _sentence.Append(character);
        }
    }

    private string Checked(Match citation)
    {
        var words = citation.Groups["words"].Value;
        var shown = new StringBuilder();
        foreach (Capture number in citation.Groups["number"].Captures)
            if (int.TryParse(number.ValueSpan, out var source) && Stands(source, words))
            {
                shown.Append($"[{source}]");
                if (!Cited.TryGetValue(source, out var before) || before.Length == 0)
                    Cited[source] = words;
            }
            else
            {
                Dropped++;
            }

        return shown.ToString();
    }

    private bool Stands(int source, string words)
    {
        if (!_texts.TryGetValue(source, out var text))
            return false;
        var sentence = Bracketed().Replace(_sentence.ToString(), "");
        return (words.Length > 0 ? text.Contains(Plain(words), StringComparison.OrdinalIgnoreCase) : HasHalfOf(SearchTerms.Of(Plain(sentence)), text))
            && Figure().Matches(sentence).All(figure => Regex.IsMatch(text, $@"(?<![\d.,]){Regex.Escape(figure.Value)}(?![\d]|[.,]\d)"));
    }

    private static bool HasHalfOf(SearchTerms terms, string text) => terms.Count > 0 && 2 * (terms.Words.Count(word => HasWord(text, word))
        + terms.Grams.Count(gram => text.Contains(gram, StringComparison.Ordinal))) >= terms.Count;

    // "refunding" is in a text of "refunds": both begin with "refund".
    private static bool HasWord(string text, string word) => Regex.IsMatch(
        text, $@"(?<![\p{{L}}\p{{N}}]){Regex.Escape(word.Length <= LeastStem ? word : word[..Math.Max(LeastStem, word.Length - LongestEnding)])}", RegexOptions.IgnoreCase);

    // As models write it: with other quotes, dashes and spaces.
    private static string Plain(string text) => Space().Replace(
        text.Replace('’', '\'').Replace('‘', '\'').Replace('“', '"').Replace('”', '"').Replace('–', '-').Replace('—', '-').Replace('\u00A0', ' '), " ").Trim();

    [GeneratedRegex("""^\[\s*(?<number>\d{1,3})(?:\s*[,;]\s*(?<number>\d{1,3}))*(?:\s*[:,]?\s*["“](?<words>.*)["”]\s*)?\s*\]$""", RegexOptions.Singleline)]
    private static partial Regex Citation();

    [GeneratedRegex(@"^\s*\[\s*\d")]
    private static partial Regex CitationStart();

    [GeneratedRegex(@"\d+(?:[.,]\d+)*")]
    private static partial Regex Figure();

    [GeneratedRegex(@"\[[\d, ]+\]")]
    private static partial Regex Bracketed();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}

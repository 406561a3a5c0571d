// A text is the better a match, the more often it has the words looked for, and the rarer these words are among all the
// texts: score = sum over the words of (1 + ln n) * ln(1 + N / m), with n = how often the text has the word, N = how many
// texts there are, m = how many of them have the word. A word in a title counts as three in the text.
//
// Example: of 4 texts, all have "quota" and one has "burst". A text with "quota" once and "burst" twice scores
// 1 * ln 2 + (1 + ln 2) * ln 5 = 0.69 + 2.73 = 3.42.

namespace FunctionsApi.Agents.Knowledge;

/// <summary>Ranks texts by the words that are looked for.</summary>
internal sealed class Ranking<T>(Words words)
{
    private const int TitleWeight = 3;

    private readonly List<(T Item, int[] Counts)> _matches = [];
    private readonly int[] _textsWith = new int[words.Count];
    private int _texts;

    public int Matches => _matches.Count;

    public void Add(T item, ReadOnlySpan<char> text, ReadOnlySpan<char> title = default)
    {
        _texts++;
        var counts = words.CountIn(text);
        foreach (var (place, count) in words.CountIn(title).Index())
            counts[place] += TitleWeight * count;
        if (counts.All(count => count == 0))
            return;
        foreach (var (place, count) in counts.Index())
            _textsWith[place] += Math.Min(count, 1);
        _matches.Add((item, counts));
    }

    /// <summary>The best matches first; equal ones in the order in which they were added.</summary>
    public IEnumerable<(T Item, double Score)> Best() =>
        _matches.Select(match => (match.Item, Score(match.Counts))).OrderByDescending(match => match.Item2);

    private double Score(int[] counts) => counts.Select((count, place) =>
        count == 0 ? 0 : (1 + Math.Log(count)) * Math.Log(1 + (double)_texts / _textsWith[place])).Sum();
}

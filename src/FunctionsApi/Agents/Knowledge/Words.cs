using System.Collections.Frozen;

namespace FunctionsApi.Agents.Knowledge;

/// <summary>The words that someone looks for. Case makes no difference.</summary>
internal sealed class Words
{
    private const int MaxWords = 32;

    private static readonly FrozenSet<string> Everywhere = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        "a", "an", "and", "are", "as", "at", "be", "by", "can", "do", "does", "for", "from", "has", "have", "how", "i", "in", "is",
        "it", "its", "of", "on", "or", "that", "the", "there", "this", "to", "was", "what", "when", "where", "which", "who", "why",
        "will", "with", "you");

    private readonly Dictionary<string, int> _places = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _placeOf;

    /// <param name="text">What someone typed. Words that are in every text are left out, unless there are no others.</param>
    public Words(string text)
    {
        List<string> all = [];
        foreach (var word in In(text))
            all.Add(text[word]);
        var telling = all.Where(word => !Everywhere.Contains(word)).ToList();
        foreach (var word in (telling.Count > 0 ? telling : all).Distinct(StringComparer.OrdinalIgnoreCase).Take(MaxWords))
            _places.Add(word, _places.Count);
        _placeOf = _places.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public int Count => _places.Count;

    /// <summary>How often each of the words is in a text, in the order of the words.</summary>
    public int[] CountIn(ReadOnlySpan<char> text)
    {
        var counts = new int[Count];
        foreach (var word in In(text))
            if (_placeOf.TryGetValue(text[word], out var place))
                counts[place]++;
        return counts;
    }

    /// <summary>Where the first of the words is in a text; 0 where none is.</summary>
    public int FirstIn(ReadOnlySpan<char> text)
    {
        foreach (var word in In(text))
            if (_placeOf.ContainsKey(text[word]))
                return word.Start.Value;
        return 0;
    }

    private static WordRanges In(ReadOnlySpan<char> text) => new(text);

    /// <summary>Runs of letters and digits.</summary>
    private ref struct WordRanges(ReadOnlySpan<char> text)
    {
        private readonly ReadOnlySpan<char> _text = text;
        private int _end;

        public Range Current { get; private set; }

        public readonly WordRanges GetEnumerator() => this;

        public bool MoveNext()
        {
            var start = _end;
            while (start < _text.Length && !char.IsLetterOrDigit(_text[start]))
                start++;
            _end = start;
            while (_end < _text.Length && char.IsLetterOrDigit(_text[_end]))
                _end++;
            Current = start.._end;
            return _end > start;
        }
    }
}

// A document is cut into passages: a heading and up to five sentences below it, at most a thousand characters. Passages are ranked by
// BM25: score = sum over the terms of idf * n * (k + 1) / (n + k * (1 - b + b * length / average length)), with n = how often the passage
// has the term, its heading counting as two and the document's title as one more, k = 1.2 and b = 0.75. How rare a term is, is reckoned
// over all of the tenant's documents: idf = ln(1 + (N - m + 0.5) / (m + 0.5)), of N documents m with the term.

using FunctionsApi.Agents.Knowledge.Search;

namespace FunctionsApi.Agents.Knowledge.Synthesis;

/// <summary>A part of a document.</summary>
/// <param name="Document">Whose.</param>
/// <param name="Heading">The sentence that stands above it; null where none does.</param>
/// <param name="Sentences">What it says; one at least.</param>
internal sealed record Passage(FoundText Document, Sentence? Heading, IReadOnlyList<Sentence> Sentences)
{
    /// <summary>By BM25.</summary>
    public double Score { get; init; }

    /// <summary>What it says, below its heading.</summary>
    public string Whole => Heading is { } heading ? $"{Document.Text.Substring(heading.Range.Start, heading.Range.Length)}\n{Text}" : Text;

    public string Text => Document.Text[Sentences[0].Range.Start..Sentences[^1].Range.End];
}

/// <summary>Cuts what was found into passages, and ranks them.</summary>
internal static class Passages
{
    private const int MaxSentences = 5, MaxLength = 1000, HeadingWeight = 2, TitleWeight = 1;
    private const double K = 1.2, B = 0.75, UnseenWeight = 1.5;

    // What is word for word in so many of the documents found is a menu or a footer.
    private const int MaxRepetitions = 2;

    /// <summary>How much each term tells. One that no document has tells half as much again as the rarest of the others.</summary>
    public static double[] Weights(FoundTexts found)
    {
        double[] weights = [.. found.DocumentsWith.Select(with => with == 0 ? 0 : Math.Log(1 + ((found.Stored - with + 0.5) / (with + 0.5))))];
        var unseen = UnseenWeight * weights.DefaultIfEmpty().Max();
        return [.. weights.Select(weight => weight == 0 ? unseen : weight)];
    }

    /// <returns>The best first; those without any of the terms are left out.</returns>
    public static List<Passage> Rank(FoundTexts found, IReadOnlyList<double> weights)
    {
        var cut = found.Texts.Select(text => (Text: text, Sentences: SentenceCutter.Cut(text.Text))).ToArray();
        var repeated = Repeated(cut);
        Passage[] passages = [.. cut.SelectMany(one => Cut(one.Text, one.Sentences.Where(sentence => !repeated.Contains(KeyOf(one.Text, sentence)))))];
        if (passages.Length == 0)
            return [];
        var average = passages.Average(passage => passage.Text.Length);
        return [.. passages
            .Select(passage => passage with { Score = Score(passage, weights, average) })
            .Where(passage => passage.Score > 0)
            .OrderByDescending(passage => passage.Score)];
    }

    /// <summary>How often a stretch of a text has each term.</summary>
    public static void Count(FoundText text, TextRange range, int weight, int[] counts)
    {
        foreach (var match in text.Matches)
            if (match.Range.Start >= range.Start && match.Range.Start < range.End)
                counts[match.Term] += weight;
    }

    private static HashSet<string> Repeated(IEnumerable<(FoundText Text, List<Sentence> Sentences)> cut) =>
        [.. cut.SelectMany(one => one.Sentences.Select(sentence => KeyOf(one.Text, sentence)).Distinct())
            .GroupBy(key => key).Where(group => group.Count() > MaxRepetitions).Select(group => group.Key)];

    private static string KeyOf(FoundText text, Sentence sentence) => text.Text.Substring(sentence.Range.Start, sentence.Range.Length);

    private static IEnumerable<Passage> Cut(FoundText text, IEnumerable<Sentence> sentences)
    {
        Sentence? heading = null;
        List<Sentence> below = [];
        foreach (var sentence in sentences)
        {
            var isHeading = sentence.Shape is SentenceShape.Heading or SentenceShape.Navigation
                || (sentence.Shape == SentenceShape.Question && below.All(before => before.Line != sentence.Line));
            if (below.Count > 0 && (isHeading || below.Count == MaxSentences || sentence.Range.End - below[0].Range.Start > MaxLength))
            {
                yield return new(text, heading, below);
                below = [];
            }

            if (sentence.Shape == SentenceShape.Navigation)
                heading = null;
            else if (isHeading)
                heading = sentence;
            else
                below.Add(sentence);
        }

        if (below.Count > 0)
            yield return new(text, heading, below);
    }

    private static double Score(Passage passage, IReadOnlyList<double> weights, double averageLength)
    {
        var counts = new int[weights.Count];
        foreach (var sentence in passage.Sentences)
            Count(passage.Document, sentence.Range, 1, counts);
        if (passage.Heading is { } heading)
            Count(passage.Document, heading.Range, HeadingWeight, counts);
        // A title is about the whole document: by itself it makes no passage of it better than another.
        if (counts.All(count => count == 0))
            return 0;
        foreach (var term in passage.Document.InTitle)
            counts[term] += TitleWeight;
        var length = K * (1 - B + (B * passage.Text.Length / averageLength));
        return counts.Select((count, term) => weights[term] * count * (K + 1) / (count + length)).Sum();
    }
}

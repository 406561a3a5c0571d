// Which sentences answer: of the best passages, those that have most of what is asked for. A term in the sentence itself counts whole, one
// in its heading, its document's title or the sentence before it by less; a question for a length of time, an amount or a time is answered
// by a sentence that has one. What is left is a share of all that is asked for; a sentence that has less than a certain share answers nothing.
//
// Example: How long does a refund take? looks for "refund" and "take". "Refunds arrive within 5 days." below "How refunds work" has one
// of the two and a length of time. "A refund is not possible for gift cards." has one of the two, and no length of time.

using FunctionsApi.Agents.Knowledge.Search;

namespace FunctionsApi.Agents.Knowledge.Synthesis;

/// <summary>What a document says to a question, word for word.</summary>
/// <param name="Document">The document.</param>
/// <param name="Range">One sentence, or some that stand side by side.</param>
internal readonly record struct Quote(FoundText Document, TextRange Range)
{
    public string Text => string.Join(' ', Document.Text.Substring(Range.Start, Range.Length).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}

/// <summary>Draws the sentences that answer a question from passages.</summary>
internal static class Extract
{
    private const int PassagesLookedAt = 12, MaxQuoteLength = 600, MaxJoined = 2;
    private const double ByContext = 0.5, ByTitle = 0.35, FigureBonus = 0.35, FragmentPenalty = 0.15, RankBonus = 0.2;
    private const double LeastShare = 0.45, LeastOfBest = 0.75, AlikeFrom = 0.7;

    /// <param name="question">What is asked.</param>
    /// <param name="passages">The best first.</param>
    /// <param name="weights">How much each term tells.</param>
    /// <param name="limit">At most so many documents.</param>
    /// <returns>One for each document, the best first; empty where nothing answers.</returns>
    public static List<Quote> Quotes(Question question, IReadOnlyList<Passage> passages, IReadOnlyList<double> weights, int limit)
    {
        var candidates = Candidates(question, [.. passages.Take(PassagesLookedAt)], weights);
        Candidate[] answering = [.. candidates.Where(candidate => candidate.Share >= LeastShare).OrderByDescending(candidate => candidate.Score)];
        List<Quote> quotes = [];
        foreach (var best in answering.TakeWhile(candidate => candidate.Score >= LeastOfBest * answering[0].Score).DistinctBy(candidate => candidate.Passage.Document))
        {
            var quote = new Quote(best.Passage.Document, Joined(best, candidates));
            if (!quotes.Any(other => IsAlike(other.Text, quote.Text)))
                quotes.Add(quote);
        }

        return [.. quotes.Take(limit)];
    }

    /// <summary>The sentence of a passage that says most to a question.</summary>
    public static string Best(Question question, IReadOnlyList<Passage> passages, IReadOnlyList<double> weights)
    {
        var best = Candidates(question, passages, weights).DefaultIfEmpty(new(passages[0], 0, 0, 0)).MaxBy(candidate => candidate.Score);
        return new Quote(best.Passage.Document, best.Passage.Sentences[best.Place].Range).Text;
    }

    private static List<Candidate> Candidates(Question question, IReadOnlyList<Passage> passages, IReadOnlyList<double> weights)
    {
        var bestScore = passages.Select(passage => passage.Score).DefaultIfEmpty(1).Max();
        return [.. passages.SelectMany(passage => passage.Sentences.Index()
            .Where(sentence => sentence.Item.Shape != SentenceShape.Question)
            .Select(sentence => CandidateOf(question, passage, sentence.Index, weights, bestScore))
            .OfType<Candidate>())];
    }

    /// <returns>Null where neither the sentence nor what stands around it has any of the terms.</returns>
    private static Candidate? CandidateOf(Question question, Passage passage, int place, IReadOnlyList<double> weights, double bestScore)
    {
        var (document, sentence) = (passage.Document, passage.Sentences[place]);
        var counts = new int[weights.Count];
        Passages.Count(document, sentence.Range, 1, counts);
        var own = Share(counts, weights);
        if (passage.Heading is { } heading)
            Passages.Count(document, heading.Range, 1, counts);
        if (place > 0)
            Passages.Count(document, passage.Sentences[place - 1].Range, 1, counts);
        var near = Share(counts, weights);
        if (near == 0)
            return null;
        foreach (var term in document.InTitle)
            counts[term]++;

        var share = own + (ByContext * (near - own)) + (ByTitle * (Share(counts, weights) - near));
        if (question.IsAnswerable(document.Text.AsSpan(sentence.Range.Start, sentence.Range.Length)))
            share += FigureBonus * Math.Min(1, share * 2);
        return new(passage, place, share, share + (RankBonus * passage.Score / bestScore) - (sentence.Shape == SentenceShape.Fragment ? FragmentPenalty : 0));
    }

    private static double Share(int[] counts, IReadOnlyList<double> weights) => counts.Select((count, term) => count > 0 ? weights[term] : 0).Sum() / weights.Sum();

    // The sentences that follow, as long as they answer too.
    private static TextRange Joined(Candidate best, List<Candidate> candidates)
    {
        var (sentences, range) = (best.Passage.Sentences, best.Passage.Sentences[best.Place].Range);
        for (var place = best.Place + 1; place < sentences.Count && place <= best.Place + MaxJoined; place++)
        {
            var next = candidates.FirstOrDefault(candidate => ReferenceEquals(candidate.Passage, best.Passage) && candidate.Place == place);
            if (next.Passage is null || next.Share < LeastShare || next.Score < LeastOfBest * best.Score || sentences[place].Range.End - range.Start > MaxQuoteLength)
                break;
            range = range with { Length = sentences[place].Range.End - range.Start };
        }

        return range;
    }

    private static bool IsAlike(string one, string other)
    {
        HashSet<string> a = WordsOf(one), b = WordsOf(other);
        var common = a.Count(b.Contains);
        return common >= AlikeFrom * Math.Min(a.Count, b.Count);
    }

    private static HashSet<string> WordsOf(string text) =>
        text.Split([' ', '.', ',', ';', ':', '!', '?'], StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.OrdinalIgnoreCase);

    private readonly record struct Candidate(Passage Passage, int Place, double Share, double Score);
}

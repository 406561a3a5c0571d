using System.Collections.Frozen;

namespace FunctionsApi.Agents.Knowledge.Search;

/// <summary>Words that say nothing about what someone looks for: they are in every text, or only ask.</summary>
internal static class StopWords
{
    private static readonly FrozenSet<string> Words = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        "a", "about", "am", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did", "do", "does", "for", "from",
        "had", "has", "have", "how", "i", "if", "in", "is", "it", "its", "long", "many", "may", "me", "might", "much", "must", "my", "of", "often",
        "on", "or", "our", "please", "shall", "should", "so", "soon", "tell", "than", "that", "the", "their", "them", "then", "there", "these",
        "they", "this", "those", "to", "until", "us", "was", "we", "were", "what", "when", "where", "which", "who", "whom", "whose", "why", "will",
        "with", "would", "you", "your",
        // What stands before the apostrophe of a contraction.
        "aren", "couldn", "didn", "doesn", "don", "hasn", "haven", "isn", "let", "shouldn", "wasn", "weren", "won", "wouldn");

    // Longer ones first: the shorter ones are in them.
    private static readonly string[] InRuns =
    [
        "どれくらい", "どのくらい", "多长时间", "多長時間", "ですか", "ますか", "为什么", "為什麼", "怎么样", "怎麼樣", "เท่าไร", "เท่าไหร่", "อย่างไร", "เมื่อไร",
        "얼마나", "어떻게", "무엇", "언제", "어디", "多少", "多久", "什么", "什麼", "怎么", "怎麼", "如何", "哪里", "哪裡", "请问", "請問",
        "どこ", "いつ", "だれ", "なぜ", "何时", "何時", "อะไร", "ที่ไหน", "吗", "嗎", "呢", "谁", "誰", "何",
    ];

    /// <param name="word">A word as someone typed it, for example <c>what's</c>.</param>
    public static bool Contains(string word)
    {
        var apostrophe = word.AsSpan().IndexOfAny('\'', '’');
        return Words.Contains(apostrophe > 0 ? word[..apostrophe] : word);
    }

    /// <summary>What is left of text without spaces between its words.</summary>
    public static IEnumerable<string> Cut(string run) => run.Split(InRuns, StringSplitOptions.RemoveEmptyEntries);
}

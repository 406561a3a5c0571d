using System.Text.RegularExpressions;
using FunctionsApi.Agents.Knowledge.Search;

namespace FunctionsApi.Agents.Knowledge.Synthesis;

/// <summary>What someone asks: what to look for, and what an answer would have.</summary>
internal sealed partial class Question
{
    private static readonly (Regex Asks, Regex Answer)[] Kinds =
    [
        (AsksHowLong(), Duration()),
        (AsksHowMuch(), Amount()),
        (AsksWhen(), Time()),
    ];

    private readonly Regex? _answer;

    public Question(string text)
    {
        (Text, Terms) = (text, SearchTerms.Of(text));
        _answer = Kinds.FirstOrDefault(kind => kind.Asks.IsMatch(text)).Answer;
    }

    public string Text { get; }

    public SearchTerms Terms { get; }

    /// <summary>Whether it asks for a length of time, an amount or a time.</summary>
    public bool AsksForFigure => _answer is not null;

    /// <summary>Whether a sentence has what it asks for; never where it asks for nothing that can be told by its form.</summary>
    public bool IsAnswerable(ReadOnlySpan<char> sentence) => _answer?.IsMatch(sentence) is true;

    [GeneratedRegex(@"\b(?:how (?:long|soon|fast|quickly|often)|what (?:is the )?(?:time ?frame|duration))\b|多久|多长时间|多長時間|どのくらい|どれくらい|얼마나", RegexOptions.IgnoreCase)]
    private static partial Regex AsksHowLong();

    [GeneratedRegex(@"\b(?:how (?:much|many|large|big|far|old)|(?:what (?:is|are|does)|what's)\b.*\b(?:price|cost|costs|fee|fees|limit|size|maximum|minimum)|costs?\b)|多少|いくら|เท่าไร|เท่าไหร่", RegexOptions.IgnoreCase)]
    private static partial Regex AsksHowMuch();

    [GeneratedRegex(@"\b(?:when|what time|what hours|until when|opening hours)\b|什么时候|何时|いつ|언제", RegexOptions.IgnoreCase)]
    private static partial Regex AsksWhen();

    [GeneratedRegex(
        @"(?:\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen|thirty|sixty|a|an|few|several)\b).{0,25}\b(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?)\b|\b(?:immediately|instantly|overnight|daily|weekly|monthly|yearly|annually|hourly|(?:same|next) day|every (?:second|minute|hour|day|week|month|year))\b|[\d一二两三四五六七八九十].{0,4}[秒分天日周週月年]",
        RegexOptions.IgnoreCase)]
    private static partial Regex Duration();

    [GeneratedRegex(@"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|fifty|hundred|thousand|million|free|unlimited|half|no (?:limit|charge|fee))\b|[一二两三四五六七八九十]", RegexOptions.IgnoreCase)]
    private static partial Regex Amount();

    [GeneratedRegex(@"\d|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:january|february|march|april|june|july|august|september|october|november|december|noon|midnight|weekdays?|weekends?|morning|evening|after|before|once|as soon as)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Time();
}

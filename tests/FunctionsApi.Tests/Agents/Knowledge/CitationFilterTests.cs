using FunctionsApi.Agents.Knowledge.Search;
using FunctionsApi.Agents.Knowledge.Synthesis;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents.Knowledge;

public sealed class CitationFilterTests
{
    [Theory]
    [InlineData("Refunding takes five days [1].", "Refunding takes five days [1].", 0)]
    [InlineData("It takes 5 days. [1] And more.", "It takes 5 days. [1] And more.", 0)]
    [InlineData("It takes five days [1: \"within 5 days\"].", "It takes five days [1].", 0)]
    [InlineData("It takes five days [1: “Within  5\ndays”].", "It takes five days [1].", 0)]
    [InlineData("It is paid [1: \"the customer's card\"].", "It is paid [1].", 0)]
    [InlineData("They arrive within days [1, 2].", "They arrive within days [1][2].", 0)]
    [InlineData("They arrive within days [1][2].", "They arrive within days [1][2].", 0)]
    [InlineData("It is paid [1: \"a [b] c\"].", "It is paid [1].", 0)]
    [InlineData("They [mostly] arrive [1].", "They [mostly] arrive [1].", 0)]
    [InlineData("They arrive [7].", "They arrive.", 1)]
    [InlineData("They arrive [1, 7].", "They arrive [1].", 1)]
    [InlineData("The owner is a crook [1].", "The owner is a crook.", 1)]
    [InlineData("Refunds are a crime of the owner [1].", "Refunds are a crime of the owner.", 1)]
    [InlineData("[1] They arrive.", " They arrive.", 1)]
    [InlineData("退款在五天内到账 [3]. 老板是骗子 [3].", "退款在五天内到账 [3]. 老板是骗子.", 1)]
    [InlineData("It takes nine days [1: \"within 9 days\"].", "It takes nine days.", 1)]
    [InlineData("It takes 9 days [1].", "It takes 9 days.", 1)]
    [InlineData("It takes 9 days [1]. They arrive [1].", "It takes 9 days. They arrive [1].", 1)]
    [InlineData("It costs 1,204.50 euros [2].", "It costs 1,204.50 euros [2].", 0)]
    [InlineData("It costs 204.50 euros [2].", "It costs 204.50 euros.", 1)]
    [InlineData("It is paid [99999999999].", "It is paid [99999999999].", 0)]
    [InlineData("It is paid [1: \"with", "It is paid", 1)]
    [InlineData("It is [open", "It is [open", 0)]
    public void Citations_stand_or_are_taken_out_wherever_the_answer_is_cut(string says, string shown, int dropped)
    {
        foreach (var length in (int[])[1, 2, 3, 7, 1000])
        {
            var filter = new CitationFilter([Source(1, "Refunds arrive within 5 days on the customer’s card. A [b] c."), Source(2, "It costs 1,204.50 euros and arrives within a day."), Source(3, "退款在五天内到账。")]);

            var text = string.Concat(says.Chunk(length).Select(piece => filter.Feed(new(piece)))) + filter.End();

            text.ShouldBe(shown, $"{length}");
            filter.Dropped.ShouldBe(dropped);
        }
    }

    [Fact]
    public void What_is_no_citation_is_held_back_no_longer_than_one_could_be()
    {
        var filter = new CitationFilter([]);

        filter.Feed("[1: \"" + new string('x', 1000)).Length.ShouldBeGreaterThan(300);
    }

    private static PromptSource Source(int number, string text)
    {
        var found = new FoundText($"d{number}", "", text, [], []);
        return new(number, found, [new(found, null, SentenceCutter.Cut(text))]);
    }
}

using FunctionsApi.Agents.Knowledge;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents;

public sealed class RankingTests
{
    [Fact]
    public void A_text_scores_as_the_formula_says()
    {
        var ranking = new Ranking<int>(new("quota burst"));
        ranking.Add(1, "Quota: burst, burst.");
        ranking.Add(2, "quota");
        ranking.Add(3, "a quota");
        ranking.Add(4, "the quota");

        var (item, score) = ranking.Best().First();

        item.ShouldBe(1);
        score.ShouldBe(Math.Log(2) + ((1 + Math.Log(2)) * Math.Log(5)), 1e-9);
    }

    [Fact]
    public void A_word_in_a_title_counts_as_three_in_the_text()
    {
        var ranking = new Ranking<string>(new("quota"));
        ranking.Add("title", "", title: "Quota");
        ranking.Add("thrice", "quota quota quota");

        ranking.Best().Select(match => match.Score).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public void Words_that_are_everywhere_are_left_out_unless_there_are_no_others()
    {
        new Words("What is the quota?").CountIn("what is the QUOTA").ShouldBe([1]);
        new Words("What is it?").CountIn("what is the quota").ShouldBe([1, 1, 0]);
    }

    [Theory]
    [InlineData("One. Two burst. Three.", "Two burst.")]
    [InlineData("Version 1.5 has a burst! More.", "Version 1.5 has a burst!")]
    [InlineData("no end, a burst", "no end, a burst")]
    [InlineData("heading burst\nNext line.", "heading burst")]
    [InlineData("Nothing here.", null)]
    [InlineData("", null)]
    public void The_best_sentence_is_taken_whole(string text, string? sentence) =>
        Sentences.Best(text, new("burst")).ShouldBe(sentence);

    [Theory]
    [InlineData(1)]
    [InlineData(599)]
    [InlineData(600)]
    [InlineData(5000)]
    public void A_text_without_an_end_is_cut_into_pieces_of_whole_characters(int length)
    {
        var text = string.Concat(Enumerable.Repeat("😀", length)) + " burst";

        var best = Sentences.Best(text, new("burst"))!;

        best.ShouldEndWith("burst");
        best.Length.ShouldBeLessThanOrEqualTo(601);
        char.IsLowSurrogate(best[0]).ShouldBeFalse();
    }

    [Fact]
    public void A_snippet_shows_the_first_match_and_whole_words()
    {
        var text = string.Join(' ', Enumerable.Repeat("before", 60)) + " burst " + string.Join(' ', Enumerable.Repeat("after", 60));

        var snippet = Snippet.Of(text, new("burst"));

        snippet.ShouldContain(" burst ");
        snippet.ShouldStartWith("…before ");
        snippet.ShouldEndWith(" after…");
        snippet.Length.ShouldBeLessThanOrEqualTo(242);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    [InlineData(1000)]
    public void A_snippet_of_a_text_without_spaces_has_whole_characters(int length)
    {
        var text = string.Concat(Enumerable.Repeat("😀", length)) + "burst" + string.Concat(Enumerable.Repeat("😀", length));

        var snippet = Snippet.Of(text, new("burst"));

        snippet.ShouldContain("burst");
        System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(snippet)).ShouldBe(snippet);
    }
}

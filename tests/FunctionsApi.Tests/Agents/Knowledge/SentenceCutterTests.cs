using FunctionsApi.Agents.Knowledge.Synthesis;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents.Knowledge;

public sealed class SentenceCutterTests
{
    [Theory]
    [InlineData("One. Two burst! Three?", "One.|Two burst!|Three?")]
    [InlineData("Version 1.5 has it. More.", "Version 1.5 has it.|More.")]
    [InlineData("Ask Dr. Who, e.g. by mail. Soon.", "Ask Dr. Who, e.g. by mail.|Soon.")]
    [InlineData("He said \"Stop.\" Then (all of it.) Now", "He said \"Stop.\"|Then (all of it.)|Now")]
    [InlineData("heading\n  Next line.  \n\nLast", "heading|Next line.|Last")]
    [InlineData("第一句。第二句！第三句", "第一句。|第二句！|第三句")]
    [InlineData("", "")]
    [InlineData(" \n ", "")]
    public void Texts_are_cut_at_the_ends_of_sentences(string text, string sentences) =>
        string.Join('|', SentenceCutter.Cut(text).Select(sentence => text.Substring(sentence.Range.Start, sentence.Range.Length))).ShouldBe(sentences);

    [Theory]
    [InlineData("A refund takes five days.", "Statement")]
    [InlineData("How long does it take?", "Question")]
    [InlineData("How refunds work", "Heading")]
    [InlineData("Standard delivery: 3 to 4 days", "Fragment")]
    [InlineData("Home | Prices | Refunds", "Navigation")]
    [InlineData("Home Prices Refunds Returns Shipping", "Navigation")]
    public void What_a_line_is_is_told_by_its_form(string line, string shape) =>
        SentenceCutter.Cut(line).ShouldHaveSingleItem().Shape.ToString().ShouldBe(shape);

    [Theory]
    [InlineData(1)]
    [InlineData(599)]
    [InlineData(600)]
    [InlineData(5000)]
    public void A_text_without_an_end_is_cut_into_pieces_of_whole_characters(int length)
    {
        var text = string.Concat(Enumerable.Repeat("😀", length)) + " burst";

        var sentences = SentenceCutter.Cut(text).Select(sentence => text.Substring(sentence.Range.Start, sentence.Range.Length)).ToArray();

        string.Concat(sentences).Replace(" ", "").ShouldBe(text.Replace(" ", ""));
        sentences.ShouldAllBe(sentence => sentence.Length <= 601 && !char.IsLowSurrogate(sentence[0]));
    }
}

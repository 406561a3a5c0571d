using System.Text;
using FunctionsApi.Agents.Ingestion.Reading;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents.Reading;

public sealed class CharsetTests
{
    private const string Text = "<p>naïve €</p>";

    [Theory]
    [InlineData("utf-8", null)]
    [InlineData("utf-8", "utf-8")]
    [InlineData("utf-8", "nobody-knows")]
    [InlineData("utf-8", "utf-7")]
    [InlineData("windows-1252", "ISO-8859-1")]
    [InlineData("windows-1252", null)]
    [InlineData("utf-16", "utf-16")]
    public void Text_is_read_in_the_headers_charset_or_else_as_what_it_looks_like(string encoding, string? header) =>
        Charset.Decode(Of(encoding).GetBytes(Text), header, isMarkup: true).ShouldBe(Text);

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    public void A_byte_order_mark_is_believed_before_the_header(string encoding) =>
        Charset.Decode([.. Of(encoding).GetPreamble(), .. Of(encoding).GetBytes(Text)], "shift_jis", isMarkup: true).ShouldBe(Text);

    [Theory]
    [InlineData("""<meta charset="windows-1251">""")]
    [InlineData("<META http-equiv='Content-Type' content='text/html; charset=windows-1251'>")]
    [InlineData("""<?xml version="1.0" encoding='windows-1251'?>""")]
    public void A_page_names_its_charset_itself_where_the_header_does_not(string declaration)
    {
        var page = Of("windows-1251").GetBytes($"{declaration}<p>Привет</p>");

        Charset.Decode(page, null, isMarkup: true).ShouldEndWith("<p>Привет</p>");
        Charset.Decode(page, "utf-8", isMarkup: true).ShouldNotContain("Привет");
        Charset.Decode(page, null, isMarkup: false).ShouldNotContain("Привет");
    }

    [Fact]
    public void Who_names_UTF_16_in_ASCII_is_not_believed() =>
        Charset.Decode(Encoding.UTF8.GetBytes($"<meta charset=utf-16>{Text}"), null, isMarkup: true).ShouldEndWith(Text);

    private static Encoding Of(string name) => name switch
    {
        "utf-8" => Encoding.UTF8,
        "utf-16" => Encoding.Unicode,
        "utf-16BE" => Encoding.BigEndianUnicode,
        _ => CodePagesEncodingProvider.Instance.GetEncoding(name)!,
    };
}

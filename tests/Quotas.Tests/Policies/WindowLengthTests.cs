using FunctionsApi.Quotas.Policies;
using Shouldly;
using Xunit;

namespace FunctionsApi.Quotas.Tests.Policies;

public sealed class WindowLengthTests
{
    [Theory]
    [InlineData("1s", 1, "1s")]
    [InlineData("60s", 60, "60s")]
    [InlineData("1m", 60, "60s")]
    [InlineData("90s", 90, "90s")]
    [InlineData("900s", 900, "15m")]
    [InlineData("60m", 3_600, "1h")]
    [InlineData("24h", 86_400, "24h")]
    [InlineData("31d", 2_678_400, "744h")]
    public void A_length_is_read_and_written_in_the_largest_unit_that_fits(string text, int seconds, string written)
    {
        WindowLength.Parse(text).ShouldBe(TimeSpan.FromSeconds(seconds));
        WindowLength.Write(TimeSpan.FromSeconds(seconds)).ShouldBe(written);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("60")]
    [InlineData("-1s")]
    [InlineData("1.5h")]
    [InlineData(" 1h")]
    [InlineData("1 h")]
    [InlineData("1H")]
    [InlineData("1w")]
    [InlineData("PT1H")]
    public void Anything_else_is_no_length(string text) => WindowLength.Parse(text).ShouldBeNull();

    [Theory]
    [InlineData("2147483647d")]
    [InlineData("99999999999999999999s")]
    public void A_giant_length_is_the_longest_there_is(string text) => WindowLength.Parse(text).ShouldBe(TimeSpan.MaxValue);
}

using FunctionsApi.Api;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Api;

public sealed class TimeTextTests
{
    [Theory]
    [InlineData("2026-11-28T20:00:00Z", "2026-11-28 20:00:00.0000000")]
    [InlineData("2026-11-28t20:00:00z", "2026-11-28 20:00:00.0000000")]
    [InlineData("2026-11-28T20:00:00.5Z", "2026-11-28 20:00:00.5000000")]
    [InlineData("2026-11-28T20:00:00.123456789Z", "2026-11-28 20:00:00.1234567")]
    [InlineData("2026-11-28T20:00:00.99999999999999999999Z", "2026-11-28 20:00:00.9999999")]
    [InlineData("2026-11-28T20:00:00+02:00", "2026-11-28 18:00:00.0000000")]
    [InlineData("2026-11-28T20:00:00-00:00", "2026-11-28 20:00:00.0000000")]
    [InlineData("2026-11-28T20:00:00-23:59", "2026-11-29 19:59:00.0000000")]
    [InlineData("1990-12-31T23:59:60Z", null)]
    [InlineData("2016-12-31T23:59:60Z", "2016-12-31 23:59:59.9999999")]
    [InlineData("2016-12-31T15:59:60.5-08:00", "2016-12-31 23:59:59.9999999")]
    [InlineData("1999-12-31T23:30:00-01:00", "2000-01-01 00:30:00.0000000")]
    public void What_RFC_3339_calls_a_time_is_one(string text, string? expected)
    {
        TimeText.TryParse(text, out var time).ShouldBe(expected is not null);

        if (expected is not null)
            $"{time.UtcDateTime:yyyy-MM-dd HH:mm:ss.fffffff}".ShouldBe(expected);
    }

    [Theory]
    [InlineData("2026-11-28", "2026-11-28 00:00:00")]
    [InlineData("2026-11-28T20:00", "2026-11-28 20:00:00")]
    [InlineData("2026-11-28T20:00+02:00", "2026-11-28 18:00:00")]
    [InlineData("2026-11-28T20:00:01", "2026-11-28 20:00:01")]
    public void A_time_may_be_shorter_than_RFC_3339_has_it(string text, string expected)
    {
        TimeText.TryParse(text, out var time).ShouldBeTrue();

        $"{time.UtcDateTime:yyyy-MM-dd HH:mm:ss}".ShouldBe(expected);
    }

    [Theory]
    [InlineData("")]
    [InlineData("soon")]
    [InlineData("2026-11-28T")]
    [InlineData("2026-11-28Z")]
    [InlineData("2026-11-31T20:00:00Z")]
    [InlineData("2026-11-28T24:00:00Z")]
    [InlineData("2026-11-28T20:60:00Z")]
    [InlineData("2026-11-28T20:00:61Z")]
    [InlineData("2026-11-28T20:00:60Z")]
    [InlineData("2026-12-30T23:59:60Z")]
    [InlineData("2026-11-28T20:00:00.Z")]
    [InlineData("2026-11-28T20:00:00,5Z")]
    [InlineData("2026-11-28T20:00:00+2")]
    [InlineData("2026-11-28T20:00:00+0200")]
    [InlineData("2026-11-28T20:00:00+24:00")]
    [InlineData("2026-11-28T20:00:00+02:60")]
    [InlineData("2026-11-28T20:00:00 02:00")]
    [InlineData("2026-11-28 20:00:00Z")]
    [InlineData("2026-11-28T20:00:00Z\n")]
    [InlineData(" 2026-11-28T20:00:00Z")]
    [InlineData("٢٠٢٦-11-28T20:00:00Z")]
    [InlineData("26-11-28T20:00:00Z")]
    [InlineData("0001-01-01T00:00:00+23:59")]
    [InlineData("9999-12-31T23:59:59-23:59")]
    [InlineData("2100-01-01T00:00:00Z")]
    public void Anything_else_is_no_time(string text) => TimeText.TryParse(text, out _).ShouldBeFalse();
}

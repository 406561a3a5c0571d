using FunctionsApi.Usage;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Usage;

public sealed class ReportPeriodTests
{
    private static readonly DateTimeOffset Now = new(2026, 2, 27, 9, 30, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(null, null, null, "hour 2026-02-26 10:00 to 2026-02-27 10:00")]
    [InlineData("hour", null, null, "hour 2026-02-26 10:00 to 2026-02-27 10:00")]
    [InlineData("day", null, null, "day 2026-01-29 00:00 to 2026-02-28 00:00")]
    [InlineData("hour", "2026-02-27", null, "hour 2026-02-27 00:00 to 2026-02-27 10:00")]
    [InlineData("hour", null, "2026-02-01", "hour 2026-01-31 00:00 to 2026-02-01 00:00")]
    [InlineData("hour", "2026-02-27T07:20Z", "2026-02-27T08:10:05.5Z", "hour 2026-02-27 07:00 to 2026-02-27 09:00")]
    [InlineData("hour", "2026-02-27T07:00:00+02:00", "2026-02-27T07:00:00", "hour 2026-02-27 05:00 to 2026-02-27 07:00")]
    [InlineData("day", "2026-02-01T23:00:00Z", "2026-02-02T00:00:01Z", "day 2026-02-01 00:00 to 2026-02-03 00:00")]
    [InlineData("hour", "2026-01-01", "2026-02-01", "hour 2026-01-01 00:00 to 2026-02-01 00:00")]
    public void A_period_is_made_of_the_whole_hours_or_days_it_touches(string? by, string? from, string? to, string expected)
    {
        ReportPeriod.TryParse(by, from, to, Now, out var period, out _).ShouldBeTrue();

        $"{period!.By} {period.From:yyyy-MM-dd HH:mm} to {period.To:yyyy-MM-dd HH:mm}".ShouldBe(expected);
    }

    [Fact]
    public void A_period_that_ends_now_includes_the_hour_that_has_just_begun()
    {
        ReportPeriod.TryParse(null, null, null, new(2026, 2, 27, 9, 0, 0, TimeSpan.Zero), out var period, out _).ShouldBeTrue();

        period!.To.Hour.ShouldBe(10);
    }

    [Theory]
    [InlineData("minute", null, null, "'by' is 'hour' or 'day'.")]
    [InlineData("", null, null, "'by' is 'hour' or 'day'.")]
    [InlineData(null, "yesterday", null, "'from' is an RFC 3339")]
    [InlineData(null, "02/27/2026", null, "'from' is an RFC 3339")]
    [InlineData(null, null, "", "'to' is an RFC 3339")]
    [InlineData(null, null, "0001-01-01", "'to' is an RFC 3339")]
    [InlineData(null, "9999-12-31T23:59:59Z", null, "'from' is an RFC 3339")]
    [InlineData(null, "2026-02-27T11:00:00Z", null, "'from' must not be in the future.")]
    [InlineData(null, "2026-02-27", "2026-02-27", "'from' must be before 'to'.")]
    [InlineData(null, "2026-02-27T09:40Z", "2026-02-27T09:20Z", "'from' must be before 'to'.")]
    [InlineData("hour", "2026-01-01", "2026-02-01T00:00:01Z", "A report by hour covers at most 31 days.")]
    [InlineData("day", "2024-01-01", "2026-01-01", "A report by day covers at most 366 days.")]
    public void What_is_no_period_is_refused_with_a_reason(string? by, string? from, string? to, string reason)
    {
        ReportPeriod.TryParse(by, from, to, Now, out _, out var error).ShouldBeFalse();

        error!.ShouldStartWith(reason);
    }
}

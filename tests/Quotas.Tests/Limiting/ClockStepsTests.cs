using FunctionsApi.Quotas.Limiting;
using Shouldly;
using Xunit;

namespace FunctionsApi.Quotas.Tests.Limiting;

public sealed class ClockStepsTests
{
    private static readonly Instant Two = Instant.From(new(2026, 3, 1, 14, 0, 0, TimeSpan.Zero));

    [Fact]
    public void Only_what_was_noted_before_a_step_is_younger_by_it()
    {
        var steps = ClockSteps.None.Note(At(0), Seconds(0)).Note(At(5.5), Seconds(0.5)).Note(At(9.7), Seconds(0.7));

        steps.Since(At(4)).ShouldBe(Seconds(0.7));
        steps.Since(At(5.5)).ShouldBe(Seconds(0.2));
        steps.Since(At(9.7)).ShouldBe(Seconds(0));
    }

    [Fact]
    public void A_clock_that_goes_slower_makes_nothing_older()
    {
        var steps = ClockSteps.None.Note(At(0), Seconds(0.5)).Note(At(10), Seconds(0.4)).Note(At(20), Seconds(0.3));

        steps.Since(At(1)).ShouldBe(Seconds(0));
        steps.Since(At(15)).ShouldBe(Seconds(0));
    }

    [Fact]
    public void However_many_steps_there_were_nothing_is_taken_for_older_than_it_is()
    {
        var steps = ClockSteps.None.Note(At(0), Seconds(0));
        for (var i = 1; i <= 100; i++)
            steps = steps.Note(At(i), Seconds(i * 0.01));

        for (var i = 0; i < 100; i++)
            steps.Since(At(i)).ShouldBeGreaterThanOrEqualTo(Seconds(1 - i * 0.01) - TimeSpan.FromTicks(1));
        steps.Since(At(99)).ShouldBe(Seconds(0.01), TimeSpan.FromMilliseconds(1));
    }

    private static Instant At(double seconds) => Two + Seconds(seconds);

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}

using FunctionsApi.Quotas.Limiting;
using Shouldly;
using Xunit;

namespace FunctionsApi.Quotas.Tests.Limiting;

public sealed class LedgerHealthTests
{
    private static readonly Instant Start = Instant.FromUnixSeconds(1_000_000);

    private readonly LedgerHealth _health = new();

    [Fact]
    public void A_failure_that_came_at_once_is_no_outage()
    {
        Failed(asked: 0, at: 0.01);
        _health.Outage.ShouldBeNull();
    }

    [Fact]
    public void Two_seconds_without_an_answer_and_three_failures_of_two_partitions_are_an_outage()
    {
        Failed(asked: 0, at: 0.01);
        Failed(asked: 0.5, at: 0.6, "key:2");
        Failed(asked: 1, at: 1.1);
        _health.Outage.ShouldBeNull();
        Failed(asked: 1.9, at: 2);
        _health.Outage.ShouldBe(new(At(0), "at 2"));
        _health.IsAway.ShouldBeTrue();
    }

    [Fact]
    public void However_long_one_partition_fails_it_is_no_outage_but_worth_a_second_opinion()
    {
        for (var second = 0; second < 100; second++)
            Failed(asked: second, at: second + 0.5);
        _health.Outage.ShouldBeNull();
        _health.WantsSecondOpinion(At(100)).ShouldBeTrue();
        Failed(asked: 100, at: 100.1, "key:2");
        _health.IsAway.ShouldBeTrue();
    }

    [Fact]
    public void One_time_out_is_no_outage_nor_are_two()
    {
        Answered(0);
        Failed(asked: 1, at: 11);
        Failed(asked: 1, at: 11, "key:2");
        _health.Outage.ShouldBeNull();
    }

    [Fact]
    public void Time_outs_during_which_another_was_answered_are_none()
    {
        Failed(asked: 0, at: 2.8, "key:2");
        Failed(asked: 0, at: 2.8, "key:3");
        Answered(2.9);
        Failed(asked: 1, at: 3);
        _health.Outage.ShouldBeNull();
    }

    [Fact]
    public void A_partition_that_fails_among_others_that_do_not_is_none_however_long_it_fails()
    {
        for (var second = 0; second < 100; second++)
        {
            Answered(second);
            Failed(asked: second + 0.2, at: second + 0.4);
            Failed(asked: second + 0.4, at: second + 0.6);
        }
        _health.Outage.ShouldBeNull();
    }

    [Fact]
    public void An_outage_is_over_when_answers_have_lasted_for_a_second()
    {
        GoneAway(asked: 0, at: 2);
        Answered(10);
        _health.IsReturning.ShouldBeTrue();
        _health.TrySettle(At(10.9), isAsked: false).ShouldBeFalse();
        _health.TrySettle(At(11), isAsked: false).ShouldBeTrue();
        _health.Outage.ShouldBeNull();
        _health.TrySettle(At(12), isAsked: false).ShouldBeFalse();
    }

    [Fact]
    public void A_ledger_that_answers_now_and_then_has_one_outage()
    {
        for (var second = 0; second < 60; second += 3)
        {
            GoneAway(asked: second, at: second + 2);
            _health.IsAway.ShouldBeTrue();
            Answered(second + 2.4);
            _health.TrySettle(At(second + 2.9), isAsked: false).ShouldBeFalse();
        }
        _health.Outage.ShouldBe(new(At(0), "at 2"));
    }

    [Fact]
    public void A_single_failure_during_the_return_does_not_end_it()
    {
        GoneAway(asked: 0, at: 2);
        Answered(5);
        Failed(asked: 5.1, at: 5.2);
        _health.IsReturning.ShouldBeTrue();
        _health.TrySettle(At(6), isAsked: false).ShouldBeTrue();
    }

    [Fact]
    public void An_answer_that_came_late_is_no_return_while_nothing_else_is_answered()
    {
        GoneAway(asked: 0, at: 2);
        Answered(5);
        _health.TrySettle(At(6), isAsked: true).ShouldBeFalse();
        Failed(asked: 5, at: 7);
        _health.IsAway.ShouldBeTrue();
    }

    private static Instant At(double seconds) => Start + TimeSpan.FromSeconds(seconds);

    private void Answered(double at) => _health.Answered(At(at));

    private void Failed(double asked, double at, string partition = "key:1") =>
        _health.Failed(partition, At(asked), At(at), $"at {at}");

    /// <summary>Enough failures for an outage.</summary>
    private void GoneAway(double asked, double at)
    {
        Failed(asked, at);
        Failed(asked, at, "key:2");
        Failed(asked, at, "key:3");
    }
}

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
    public void Half_a_second_of_nothing_but_failures_is_an_outage()
    {
        Failed(asked: 0, at: 0.01);
        Failed(asked: 0.2, at: 0.21);
        _health.Outage.ShouldBeNull();
        Failed(asked: 0.49, at: 0.5);
        _health.Outage.ShouldBe(new(At(0), "at 0.5"));
        _health.IsAway.ShouldBeTrue();
    }

    [Fact]
    public void A_time_out_is_an_outage()
    {
        Answered(0);
        Failed(asked: 1, at: 3);
        _health.IsAway.ShouldBeTrue();
    }

    [Fact]
    public void A_time_out_during_which_another_was_answered_is_none()
    {
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
        Failed(asked: 0, at: 2);
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
            Failed(asked: second, at: second + 2);
            _health.IsAway.ShouldBeTrue();
            Answered(second + 2.4);
            _health.TrySettle(At(second + 2.9), isAsked: false).ShouldBeFalse();
        }
        _health.Outage.ShouldBe(new(At(0), "at 2"));
    }

    [Fact]
    public void A_single_failure_during_the_return_does_not_end_it()
    {
        Failed(asked: 0, at: 2);
        Answered(5);
        Failed(asked: 5.1, at: 5.2);
        _health.IsReturning.ShouldBeTrue();
        _health.TrySettle(At(6), isAsked: false).ShouldBeTrue();
    }

    [Fact]
    public void An_answer_that_came_late_is_no_return_while_nothing_else_is_answered()
    {
        Failed(asked: 0, at: 2);
        Answered(5);
        _health.TrySettle(At(6), isAsked: true).ShouldBeFalse();
        Failed(asked: 5, at: 7);
        _health.IsAway.ShouldBeTrue();
    }

    private static Instant At(double seconds) => Start + TimeSpan.FromSeconds(seconds);

    private void Answered(double at) => _health.Answered(At(at));

    private void Failed(double asked, double at) => _health.Failed("key:1", At(asked), At(at), $"at {at}");
}

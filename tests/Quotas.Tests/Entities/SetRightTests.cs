using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Policies;
using Shouldly;
using Xunit;

namespace FunctionsApi.Quotas.Tests.Entities;

/// <summary>What a clock that was wrong for a moment stamped into the future.</summary>
public sealed class SetRightTests
{
    private static readonly Instant Two = Instant.From(new(2026, 3, 1, 14, 0, 0, TimeSpan.Zero));
    private static readonly InstanceId Right = new(1), Wrong = new(2);

    private QuotaEntity _entity = QuotaEntity.Empty;
    private long _id;

    [Theory]
    [InlineData(60)]
    [InlineData(3600)]
    [InlineData(86400)]
    public void A_sliding_window_is_free_a_minute_later_and_what_the_wrong_clock_leased_a_lease_later_however_far_ahead_it_was(int aheadSeconds)
    {
        var policy = Given.Sliding(10);
        Need(Wrong, policy, 1, aheadSeconds);
        Need(Right, policy, 9, 1).Granted.ShouldBe(9);
        Need(Right, policy, 1, 2).Granted.ShouldBe(0);

        // The first operation after the doubt sets it right; that it took so long shows that the others were right.
        Need(Right, policy, 1, 12);
        Need(Right, policy, 1, 61.9).Granted.ShouldBe(0);
        Need(Right, policy, 9, 63.1).Granted.ShouldBe(9);
        Need(Right, policy, 1, 81.9).Granted.ShouldBe(0);
        Need(Right, policy, 1, 82.1).Granted.ShouldBe(1);
    }

    [Fact]
    public void It_is_set_right_by_one_request_that_comes_late_and_says_by_how_much()
    {
        var policy = Given.Sliding(10);
        Need(Wrong, policy, 10, 3600);
        Need(Right, policy, 1, 1);

        Apply(Right, policy, 10, 62).SetBackBy.TotalSeconds.ShouldBe(3538);
        Need(Right, policy, 10, 62).Granted.ShouldBe(0);
        _entity.LastTime.ShouldBe(Two + TimeSpan.FromSeconds(62));
    }

    [Fact]
    public void A_fixed_window_goes_on_where_it_was_and_is_not_sold_again()
    {
        var policy = Given.Hourly(10);
        Need(Right, policy, 6, 0).Granted.ShouldBe(6);
        Need(Wrong, policy, 1, 3601).Granted.ShouldBe(1);
        Need(Right, policy, 1, 5);
        Need(Right, policy, 9, 20).Granted.ShouldBe(2);
    }

    [Fact]
    public void A_burst_is_not_had_twice_because_a_wrong_clock_opened_another_window_in_between()
    {
        var policy = Given.Hourly(10, Given.TwiceForTenSeconds);
        Need(Right, policy, 15, 0).Granted.ShouldBe(15);
        Need(Wrong, policy, 1, 3601).Granted.ShouldBe(1);
        Need(Right, policy, 1, 12);
        Need(Right, policy, 1, 23).Granted.ShouldBe(0);
    }

    [Fact]
    public void A_burst_that_a_wrong_clock_opened_in_a_window_that_was_yet_to_come_has_been_had()
    {
        var policy = Given.Hourly(10, Given.TwiceForTenSeconds);
        Need(Wrong, policy, 15, 3601).Granted.ShouldBe(15);
        Need(Right, policy, 1, 12);
        Need(Right, policy, 1, 23).Granted.ShouldBe(0);
    }

    [Fact]
    public void A_burst_that_a_wrong_clock_opened_later_in_the_hour_is_over_soon_after_it_is_set_right()
    {
        var policy = Given.Hourly(10, Given.TwiceForTenSeconds);
        Need(Wrong, policy, 15, 1200).Granted.ShouldBe(15);
        Need(Right, policy, 0, 1);
        Need(Right, policy, 1, 12);
        Need(Right, policy, 1, 23).Granted.ShouldBe(0);
    }

    [Fact]
    public void What_a_wrong_clock_leased_of_a_fixed_window_is_not_awaited_for_longer_than_a_lease_lasts()
    {
        var policy = Given.Hourly(1_000);
        (_entity, _) = _entity.Apply(
            new(Wrong, ++_id, 0, [new(policy) { Need = 1, Want = 8, LeaseFor = TimeSpan.FromSeconds(12) }]), Two + TimeSpan.FromSeconds(1200));
        Need(Right, policy, 1, 1).HeldByOthers.ShouldBeGreaterThan(0);
        Need(Right, policy, 1, 12).HeldByOthers.ShouldBeGreaterThan(0);
        Need(Right, policy, 1, 24.1).HeldByOthers.ShouldBe(0);
    }

    [Fact]
    public void Operations_that_were_long_on_their_way_set_nothing_back()
    {
        var policy = Given.Sliding(1_000);
        for (var second = 0; second < 100; second++)
        {
            Need(Right, policy, 1, second);
            Need(Wrong, policy, 1, second - 14);
            _entity.LastTime.ShouldBe(Two + TimeSpan.FromSeconds(second));
        }
    }

    [Fact]
    public void One_clock_that_lags_far_among_others_that_do_not_sets_nothing_back()
    {
        var policy = Given.Sliding(1_000);
        for (var second = 0; second < 100; second++)
        {
            Need(Right, policy, 1, second);
            Need(Wrong, policy, 1, second - 600);
            _entity.LastTime.ShouldBe(Two + TimeSpan.FromSeconds(second));
        }
    }

    private PolicyResult Need(InstanceId instance, Policy policy, int permits, double seconds) =>
        Apply(instance, policy, permits, seconds).Policies[0];

    private QuotaResult Apply(InstanceId instance, Policy policy, int permits, double seconds)
    {
        (_entity, var result) = _entity.Apply(
            new(instance, ++_id, 0, [new(policy) { Need = permits, LeaseFor = TimeSpan.FromSeconds(1) }]), Two + TimeSpan.FromSeconds(seconds));
        return result;
    }
}

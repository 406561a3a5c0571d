using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Policies;
using Shouldly;
using Xunit;

namespace FunctionsApi.Quotas.Tests.Entities;

public sealed class QuotaEntityTests
{
    private static readonly Instant Two = Instant.From(new(2026, 3, 1, 14, 0, 0, TimeSpan.Zero));
    private long _id;

    [Fact]
    public void A_clock_that_lags_cannot_reopen_a_window()
    {
        var hourly = Given.Hourly(10);
        var entity = Acquire(QuotaEntity.Empty, hourly, Two + TimeSpan.FromHours(1), need: 10, granted: 10);

        Acquire(entity, hourly, Two + TimeSpan.FromMinutes(59), need: 1, granted: 0);
    }

    [Fact]
    public void An_hour_starts_with_the_whole_limit_again()
    {
        var hourly = Given.Hourly(10);
        var entity = Acquire(QuotaEntity.Empty, hourly, Two + TimeSpan.FromSeconds(3599), need: 11, granted: 10);

        Acquire(entity, hourly, Two + TimeSpan.FromSeconds(3600), need: 11, granted: 10);
    }

    [Fact]
    public void Permits_given_back_after_their_window_are_not_taken_off_the_next()
    {
        var hourly = Given.Hourly(10);
        var end = Two + TimeSpan.FromHours(1);
        var entity = Acquire(QuotaEntity.Empty, hourly, Two, need: 10, granted: 10);
        entity = Acquire(entity, hourly, end, need: 4, granted: 4);

        Apply(entity, new(hourly) { Returned = 6, WindowEnd = end }, end).Result.Policies[0].Used.ShouldBe(4);
        Apply(entity, new(hourly) { Returned = 3, WindowEnd = end + TimeSpan.FromHours(1) }, end).Result.Policies[0].Used.ShouldBe(1);
    }

    [Fact]
    public void The_day_stays_closed_while_the_hour_bursts()
    {
        var entity = Acquire(QuotaEntity.Empty, Given.Daily(150), Two, need: 200, granted: 150);
        Acquire(entity, Given.Hourly(100, Given.TwiceForTenSeconds), Two, need: 200, granted: 200);
        Acquire(entity, Given.Daily(150), Two + TimeSpan.FromSeconds(5), need: 1, granted: 0);
    }

    [Fact]
    public void Expected_requests_alone_open_no_burst()
    {
        var hourly = Given.Hourly(100, Given.TwiceForTenSeconds);
        var entity = Acquire(QuotaEntity.Empty, hourly, Two, need: 100, granted: 100);

        var (_, result) = Apply(entity, new(hourly) { Want = 50 }, Two);
        result.Policies[0].Granted.ShouldBe(0);
        result.Policies[0].Capacity.ShouldBe(200);
    }

    [Fact]
    public void A_leased_permit_counts_from_the_end_of_its_lease_until_it_is_settled()
    {
        var sliding = Given.Sliding(10);
        var (entity, _) = Apply(
            QuotaEntity.Empty, new(sliding) { Need = 10, LeaseFor = TimeSpan.FromSeconds(2) }, Two);

        Used(entity, sliding, Two + TimeSpan.FromSeconds(61)).ShouldBe(10);
        (entity, _) = Apply(
            entity, new(sliding) { Spent = [new(TimeSpan.FromSeconds(1), 7)], Returned = 3 }, Two + TimeSpan.FromSeconds(1.5));

        Used(entity, sliding, Two + TimeSpan.FromSeconds(60.4)).ShouldBe(7);
        Used(entity, sliding, Two + TimeSpan.FromSeconds(60.5)).ShouldBe(0);
    }

    [Fact]
    public void Permits_that_an_instance_lost_track_of_count_as_spent_at_the_end_of_their_lease()
    {
        var sliding = Given.Sliding(10);
        var lease = TimeSpan.FromSeconds(2);
        var (entity, _) = Apply(QuotaEntity.Empty, new(sliding) { Need = 4, LeaseFor = lease }, Two);
        (entity, _) = Apply(entity, new(sliding) { Need = 1, LeaseFor = lease }, Two + TimeSpan.FromSeconds(30));

        Used(entity, sliding, Two + TimeSpan.FromSeconds(61)).ShouldBe(5);
        Used(entity, sliding, Two + TimeSpan.FromSeconds(62)).ShouldBe(1);
    }

    [Fact]
    public void Concurrency_permits_of_a_killed_instance_come_back_when_its_lease_ends()
    {
        var concurrency = Given.Concurrency(10);
        var (entity, _) = Apply(
            QuotaEntity.Empty, new(concurrency) { Need = 10, LeaseFor = TimeSpan.FromSeconds(5) }, Two, instance: 2);

        var free = Two + TimeSpan.FromSeconds(5) + ConcurrencyCounter.ClockMargin;
        Acquire(entity, concurrency, free - TimeSpan.FromMilliseconds(1), need: 1, granted: 0);
        Acquire(entity, concurrency, free, need: 10, granted: 10);
    }

    [Fact]
    public void A_reset_sells_the_window_anew_and_ignores_what_comes_back_from_before()
    {
        var hourly = Given.Hourly(10);
        var before = Acquire(QuotaEntity.Empty, hourly, Two, need: 10, granted: 10);
        var reset = before.Reset(Two);

        var (entity, result) = Apply(
            reset, new(hourly) { Need = 4, Returned = 9, WindowEnd = Two + TimeSpan.FromHours(1) }, Two);
        result.Generation.ShouldBeGreaterThan(0);
        result.Policies[0].Used.ShouldBe(4);
        entity.Generation.ShouldBe(result.Generation);
    }

    [Fact]
    public void An_operation_from_before_a_reset_is_granted_nothing_when_it_is_repeated()
    {
        var operation = new QuotaOperation(new(1), ++_id, 0, [new(Given.Hourly(10)) { Need = 10 }]);
        var (before, first) = QuotaEntity.Empty.Apply(operation, Two);
        first.Policies[0].Granted.ShouldBe(10);

        var (reset, again) = before.Reset(Two).Apply(operation, Two);
        again.Policies[0].Granted.ShouldBe(0);
        Acquire(reset, Given.Hourly(10), Two, need: 10, granted: 10);
    }

    [Fact]
    public void What_a_window_kept_from_before_a_reset_is_not_held_of_the_new_count()
    {
        var (hourly, sliding) = (Given.Hourly(10), Given.Sliding(10));
        var reset = Acquire(QuotaEntity.Empty, hourly, Two, need: 10, granted: 10).Reset(Two);
        var end = Two + TimeSpan.FromHours(1);

        _id++;
        var kept = new QuotaOperation(
            new(1), _id, 0, [new(hourly) { Kept = 5, WindowEnd = end, LeaseFor = TimeSpan.FromSeconds(9) }, new(sliding) { Kept = 5 }]);
        reset.Apply(kept, Two).Entity.ShouldBeSameAs(reset);
        var after = Apply(reset, new(hourly) { Kept = 5, Need = 1, WindowEnd = end, LeaseFor = TimeSpan.FromSeconds(9) }, Two).Entity;
        after.Peek(new(new(9), 0, 0, [new(hourly)]), Two).Policies[0].HeldByOthers.ShouldBe(0);
    }

    [Fact]
    public void A_reset_brings_an_entity_back_from_a_time_that_a_wrong_clock_gave_it()
    {
        var entity = Acquire(QuotaEntity.Empty, Given.Hourly(10), Two + TimeSpan.FromDays(365), need: 10, granted: 10);

        Acquire(entity.Reset(Two), Given.Hourly(10), Two, need: 10, granted: 10).LastTime.ShouldBe(Two);
    }

    [Fact]
    public void Headroom_goes_out_an_eighth_at_a_time_and_the_last_seven_permits_one_by_one()
    {
        var hourly = Given.Hourly(100);
        Apply(QuotaEntity.Empty, new(Given.Hourly(10_000)) { Need = 4_000, Want = 150 }, Two).Result.Policies[0].Granted.ShouldBe(4_000 + 150);
        Apply(QuotaEntity.Empty, new(Given.Hourly(10_000)) { Need = 9_200, Want = 500 }, Two).Result.Policies[0].Granted.ShouldBe(9_200 + 100);
        var entity = Acquire(QuotaEntity.Empty, hourly, Two, need: 92, granted: 92);
        Apply(entity, new(hourly) { Need = 1, Want = 500 }, Two).Result.Policies[0].Granted.ShouldBe(1);
    }

    [Theory]
    [InlineData(100_000, 2_000)]
    [InlineData(1_000, 20)]
    [InlineData(100, 8)]
    public void An_instance_holds_no_more_than_a_fiftieth_of_a_window_or_8_permits_beyond_what_requests_wait_for(int limit, int most)
    {
        var policy = Given.Hourly(limit);
        Apply(QuotaEntity.Empty, new(policy) { Want = limit }, Two).Result.Policies[0].Granted.ShouldBe(most);
        Apply(QuotaEntity.Empty, new(policy) { Kept = most - 3, Want = limit }, Two).Result.Policies[0].Granted.ShouldBe(3);
    }

    [Fact]
    public void Two_resets_of_an_entity_that_cannot_be_read_differ_from_all_before()
    {
        var first = QuotaEntity.Empty.Reset(Two).Generation;
        var again = QuotaEntity.Empty.Reset(Two + TimeSpan.FromMinutes(1)).Generation;

        again.ShouldBeGreaterThan(first);
        QuotaEntity.Empty.Reset(Two).Reset(Two).Generation.ShouldBeGreaterThan(first);
    }

    [Fact]
    public void A_newcomer_gets_nothing_while_the_entity_remembers_as_many_instances_as_it_may()
    {
        var hourly = Given.Hourly(1_000_000);
        var entity = QuotaEntity.Empty with
        {
            LastTime = Two,
            Instances = [.. Enumerable.Range(1, QuotaEntity.MostInstances).Select(i => new InstanceMark(new((ulong)i), 1, Two, [1]))],
        };

        var (unchanged, refused) = Apply(entity, new(hourly) { Need = 5 }, Two, instance: 77_777);
        refused.Policies[0].Granted.ShouldBe(0);
        unchanged.ShouldBeSameAs(entity);
        _id++;
        Apply(entity, new(hourly) { Need = 5 }, Two, instance: 7).Result.Policies[0].Granted.ShouldBe(5);
        Apply(entity, new(hourly) { Need = 5 }, Two + QuotaEntity.RememberFor, instance: 77_777).Result.Policies[0].Granted.ShouldBe(5);
    }

    [Fact]
    public void Counters_that_are_over_leave_the_entity_with_the_next_operation()
    {
        var entity = Acquire(QuotaEntity.Empty, Given.Hourly(10), Two, need: 1, granted: 1);
        entity = Acquire(entity, Given.Concurrency(10), Two, need: 1, granted: 1);
        entity = Acquire(entity, Given.Sliding(10), Two, need: 1, granted: 1);
        entity = Acquire(entity, Given.Daily(10), Two, need: 1, granted: 1);
        entity.Counters.Length.ShouldBe(4);

        entity = Acquire(entity, Given.Daily(10), Two + TimeSpan.FromMinutes(59), need: 1, granted: 1);
        entity.Counters.Select(counter => counter.Policy).ShouldBe(["requests-per-hour", "requests-per-minute", "requests-per-day"]);
        entity = Acquire(entity, Given.Daily(10), Two + TimeSpan.FromMinutes(62), need: 1, granted: 1);
        entity.Counters.ShouldHaveSingleItem().Policy.ShouldBe("requests-per-day");
    }

    [Fact]
    public void An_entity_is_kept_an_hour_longer_than_anything_in_it_counts()
    {
        Acquire(QuotaEntity.Empty, Given.Hourly(10), Two, need: 1, granted: 1).ForgettableAt
            .ShouldBe(Two + TimeSpan.FromHours(1) + QuotaEntity.KeepFor);
        Acquire(QuotaEntity.Empty, Given.Hourly(10), Two + TimeSpan.FromMinutes(55), need: 1, granted: 1).ForgettableAt
            .ShouldBe(Two + TimeSpan.FromMinutes(55) + QuotaEntity.RememberFor + QuotaEntity.KeepFor);
        Acquire(QuotaEntity.Empty, Given.Sliding(10), Two, need: 1, granted: 1).ForgettableAt
            .ShouldBe(Two + TimeSpan.FromSeconds(1) + Policy.LongestSlidingWindow + QuotaEntity.KeepFor);
    }

    [Fact]
    public void A_reset_entity_is_kept_as_long_as_any_window_for_leases_from_before_are_out_there()
    {
        var daily = Given.Daily(10);
        var reset = Acquire(QuotaEntity.Empty, daily, Two, need: 10, granted: 10).Reset(Two);

        reset.ForgettableAt.ShouldBe(Two + Policy.LongestWindow + QuotaEntity.KeepFor);
    }

    private QuotaEntity Acquire(QuotaEntity entity, Policy policy, Instant now, int need, int granted)
    {
        var (after, result) = Apply(entity, new(policy) { Need = need, LeaseFor = TimeSpan.FromSeconds(1) }, now);
        result.Policies[0].Granted.ShouldBe(granted);
        return after;
    }

    private (QuotaEntity Entity, QuotaResult Result) Apply(QuotaEntity entity, PolicyOperation part, Instant now, ulong instance = 1) =>
        entity.Apply(new(new(instance), ++_id, 0, [part]), now);

    private static int Used(QuotaEntity entity, Policy policy, Instant now) =>
        entity.Peek(new(new(9), 0, 0, [new(policy)]), now).Policies[0].Used;
}

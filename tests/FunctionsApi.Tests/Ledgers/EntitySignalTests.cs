using FunctionsApi.Ledgers;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Policies;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Ledgers;

/// <summary>What an entity makes of signals, however often and in whatever order they come.</summary>
public sealed class EntitySignalTests
{
    private static readonly Instant Now = Instant.From(new(2026, 3, 1, 14, 0, 0, TimeSpan.Zero));

    private static readonly Policy Sliding = new()
    {
        Name = "requests-per-minute",
        Algorithm = Algorithm.SlidingWindow,
        Limit = 1_000,
        Window = TimeSpan.FromMinutes(1),
    };

    [Fact]
    public void A_signal_that_comes_twice_is_applied_once()
    {
        var signal = Apply(1, need: 7);
        var once = signal.Receive(null, Now);
        signal.Receive(once, Now).ShouldBeSameAs(once);
        Used(once).ShouldBe(7);
    }

    [Fact]
    public void An_operation_that_gets_nothing_stands_in_the_entity_too()
    {
        var full = Apply(1, need: 1_000, instance: 2).Receive(null, Now);
        var operation = Operation(1, need: 1);
        var after = EntityText.Read(EntitySignal.Apply(operation, Now).Receive(full, Now)!);
        after.Remembers(operation).ShouldBeTrue();
        after.Apply(operation, Now).Result.Policies[0].Granted.ShouldBe(0);
    }

    [Fact]
    public void A_signal_that_is_overtaken_by_a_later_one_of_its_instance_gets_nothing()
    {
        var later = Apply(2, need: 1).Receive(null, Now);
        Apply(1, need: 500).Receive(later, Now).ShouldBeSameAs(later);
    }

    [Fact]
    public void A_reset_that_comes_twice_keeps_what_was_counted_in_between()
    {
        var counted = Apply(1, need: 7).Receive(null, Now);
        var reset = EntitySignal.Reset(EntityText.Read(counted!), Now);
        var anew = reset.Receive(counted, Now);
        Used(anew).ShouldBe(0);

        var countedAgain = Apply(2, need: 3).Receive(anew, Now);
        reset.Receive(countedAgain, Now).ShouldBeSameAs(countedAgain);
    }

    [Theory]
    [InlineData("q7.AAAA")]
    [InlineData("q1.!")]
    [InlineData("")]
    public void A_reset_starts_anew_what_cannot_be_read_once(string damaged)
    {
        var reset = EntitySignal.Reset(null, Now);
        var anew = reset.Receive(damaged, Now);
        Used(anew).ShouldBe(0);
        reset.Receive(anew, Now).ShouldBeSameAs(anew);
        Should.Throw<InvalidDataException>(() => Apply(1, need: 1).Receive(damaged, Now));
    }

    [Fact]
    public void A_reset_makes_no_entity() => EntitySignal.Reset(null, Now).Receive(null, Now).ShouldBeNull();

    [Theory]
    [InlineData("apply", "")]
    [InlineData("apply", "AAAA")]
    [InlineData("apply", "%%")]
    [InlineData("reset", "")]
    [InlineData("reset", "0.yesterday")]
    [InlineData("delete", "")]
    public void A_signal_that_makes_no_sense_is_told_apart_from_all_else(string name, string input)
    {
        var counted = Apply(1, need: 7).Receive(null, Now);
        Should.Throw<InvalidDataException>(() => new EntitySignal(name, input).Receive(counted, Now));
    }

    [Fact]
    public void A_backlog_of_40_s_in_any_order_across_a_windows_end_sells_nothing_twice()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var (hourly, sliding) = SoldAfterBacklog(seed, isTimeOfRun: true);
            hourly.ShouldBeLessThanOrEqualTo(100, $"seed {seed}");
            sliding.ShouldBeLessThanOrEqualTo(80, $"seed {seed}");
        }
    }

    [Fact]
    public void By_the_times_of_sending_a_backlog_would_sell_windows_twice()
    {
        var sold = Enumerable.Range(0, 200).Select(seed => SoldAfterBacklog(seed, isTimeOfRun: false)).ToArray();
        sold.ShouldContain(both => both.Hourly > 100);
        sold.ShouldContain(both => both.Sliding > 80);
    }

    [Fact]
    public void A_signal_that_its_sender_has_given_up_is_ignored_also_where_the_entity_forgot_that_it_was_applied()
    {
        var signal = Apply(1, need: 7);
        var much = Now + QuotaEntity.RememberFor + TimeSpan.FromMinutes(1);
        var others = EntitySignal.Apply(Operation(1, need: 1, instance: 2), much).Receive(signal.Receive(null, Now), much);
        EntityText.Read(others!).Remembers(Operation(1, need: 7)).ShouldBeFalse();

        signal.Receive(others, much).ShouldBeSameAs(others);
        signal.Receive(null, Now + QuotaEntity.RepeatFor).ShouldBeNull();
        signal.Receive(null, Now + QuotaEntity.RepeatFor - TimeSpan.FromSeconds(1)).ShouldNotBeNull();
    }

    [Fact]
    public void A_thousand_instances_at_work_on_one_partition_stay_well_below_30_000_characters()
    {
        var entity = QuotaEntity.Empty;
        for (var second = 0; second < 60; second++)
            entity = entity.Apply(
                new(new(Id(0)), second + 1, 0, [new(Sliding) { Overdrawn = [new(TimeSpan.Zero, 16)] }]), Now + TimeSpan.FromSeconds(second + 0.123_456)).Entity;
        for (var i = 1; i <= 1_000; i++)
            entity = entity.Apply(
                new(new(Id(i)), 1_000_000 + i * 17, 0, [new(Sliding with { Limit = 3_000 }) { Need = 1, LeaseFor = TimeSpan.FromSeconds(2) }]),
                Now + TimeSpan.FromSeconds(60 + 0.0015 * i)).Entity;
        entity.Instances.Length.ShouldBe(1_001);

        var text = EntityText.Write(entity);
        text.Length.ShouldBeLessThan(22_000);
        text.ShouldAllBe(c => char.IsAsciiLetterOrDigit(c) || c == '.' || c == '-' || c == '_');
        QuotaEntityCodec.Encode(EntityText.Read(text)).ShouldBe(QuotaEntityCodec.Encode(entity));
    }

    [Fact]
    public void The_agents_policies_on_a_thousand_instances_stay_below_30_000_characters_too()
    {
        Policy[] policies =
        [
            Fixed("requests-per-hour", 1_000_000), Fixed("requests-per-day", 10_000_000) with { Window = TimeSpan.FromDays(1) },
            Fixed("events-per-hour", 100_000), new() { Name = "concurrency", Algorithm = Algorithm.Concurrency, Limit = 50_000 },
        ];
        var entity = QuotaEntity.Empty;
        for (var i = 1; i <= 1_000; i++)
            entity = entity.Apply(
                new(new(Id(i)), 1_000_000 + i * 17, 0, [.. policies.Select(policy => new PolicyOperation(policy) { Need = 1, Want = i % 50, LeaseFor = TimeSpan.FromSeconds(11) })]),
                Now + TimeSpan.FromSeconds(0.0015 * i)).Entity;
        entity.Instances.Length.ShouldBe(1_000);
        entity.Counters.OfType<ConcurrencyCounter>().Single().Leases.Length.ShouldBe(1_000);

        EntityText.Write(entity).Length.ShouldBeLessThan(30_000);

        static Policy Fixed(string name, int limit) => new() { Name = name, Algorithm = Algorithm.FixedWindow, Limit = limit, Window = TimeSpan.FromHours(1) };
    }

    /// <summary>
    /// Of a window of 100 that opens at 14:00 and of a sliding one of 80 in 60 s, what is sold in 56 s: a partition moves from 20 s before
    /// the hour until 20 s after it, what was sent meanwhile runs then, and what is sent later runs at once.
    /// </summary>
    private static (int Hourly, int Sliding) SoldAfterBacklog(int seed, bool isTimeOfRun)
    {
        var random = new Random(seed);
        var hourly = new Policy { Name = "requests-per-hour", Algorithm = Algorithm.FixedWindow, Limit = 100, Window = TimeSpan.FromHours(1) };
        var backlog = Enumerable.Range(0, 12).Select(_ => Now + TimeSpan.FromSeconds(40 * random.NextDouble() - 20)).ToArray();
        var later = Enumerable.Range(0, 24).Select(i => Now + TimeSpan.FromSeconds(22 + 1.5 * i));
        var (state, ran, sold) = ((string?)null, Now + TimeSpan.FromSeconds(20), (Hourly: 0, Sliding: 0));
        foreach (var (i, sent) in backlog.Concat(later).Index())
        {
            var instance = new InstanceId(Id(i));
            var need = random.Next(1, 30);
            var operation = new QuotaOperation(
                instance, 1, 0, [new(hourly) { Need = need }, new(Sliding with { Limit = 80 }) { Need = need, LeaseFor = TimeSpan.FromSeconds(2) }]);
            ran = Instant.Max(ran + TimeSpan.FromMilliseconds(20), sent);
            state = EntitySignal.Apply(operation, sent).Receive(state, isTimeOfRun ? ran : sent);
            var granted = EntityText.Read(state!).Instances.Single(mark => mark.Instance == instance).Granted;
            if (granted.Length == 2)
                sold = (sold.Hourly + granted[0], sold.Sliding + granted[1]);
        }
        return sold;
    }

    private static EntitySignal Apply(long id, int need, ulong instance = 1) => EntitySignal.Apply(Operation(id, need, instance), Now);

    private static QuotaOperation Operation(long id, int need, ulong instance = 1) =>
        new(new(instance), id, 0, [new(Sliding) { Need = need, LeaseFor = TimeSpan.FromSeconds(2) }]);

    private static int Used(string? text) => EntityText.Read(text!).Peek(Operation(0, 0), Now).Policies[0].Used;

    // Spread over all bits, as random ids are.
    private static ulong Id(int i) => unchecked((ulong)(i + 1) * 0x9e3779b97f4a7c15);
}

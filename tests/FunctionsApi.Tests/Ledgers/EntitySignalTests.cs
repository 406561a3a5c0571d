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
        var once = signal.Receive(null);
        signal.Receive(once).ShouldBeSameAs(once);
        Used(once).ShouldBe(7);
    }

    [Fact]
    public void An_operation_that_gets_nothing_stands_in_the_entity_too()
    {
        var full = Apply(1, need: 1_000, instance: 2).Receive(null);
        var operation = Operation(1, need: 1);
        var after = EntityText.Read(EntitySignal.Apply(operation, Now).Receive(full)!);
        after.Remembers(operation).ShouldBeTrue();
        after.Apply(operation, Now).Result.Policies[0].Granted.ShouldBe(0);
    }

    [Fact]
    public void A_signal_that_is_overtaken_by_a_later_one_of_its_instance_gets_nothing()
    {
        var later = Apply(2, need: 1).Receive(null);
        Apply(1, need: 500).Receive(later).ShouldBeSameAs(later);
    }

    [Fact]
    public void A_reset_that_comes_twice_keeps_what_was_counted_in_between()
    {
        var counted = Apply(1, need: 7).Receive(null);
        var reset = EntitySignal.Reset(EntityText.Read(counted!), Now);
        var anew = reset.Receive(counted);
        Used(anew).ShouldBe(0);

        var countedAgain = Apply(2, need: 3).Receive(anew);
        reset.Receive(countedAgain).ShouldBeSameAs(countedAgain);
    }

    [Theory]
    [InlineData("q7.AAAA")]
    [InlineData("q1.!")]
    [InlineData("")]
    public void A_reset_starts_anew_what_cannot_be_read_once(string damaged)
    {
        var reset = EntitySignal.Reset(null, Now);
        var anew = reset.Receive(damaged);
        Used(anew).ShouldBe(0);
        reset.Receive(anew).ShouldBeSameAs(anew);
        Should.Throw<InvalidDataException>(() => Apply(1, need: 1).Receive(damaged));
    }

    [Fact]
    public void A_reset_makes_no_entity() => EntitySignal.Reset(null, Now).Receive(null).ShouldBeNull();

    [Theory]
    [InlineData("apply", "")]
    [InlineData("apply", "AAAA")]
    [InlineData("apply", "%%")]
    [InlineData("reset", "")]
    [InlineData("reset", "0.yesterday")]
    [InlineData("delete", "")]
    public void A_signal_that_makes_no_sense_is_told_apart_from_all_else(string name, string input)
    {
        var counted = Apply(1, need: 7).Receive(null);
        Should.Throw<InvalidDataException>(() => new EntitySignal(name, input).Receive(counted));
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

    private static EntitySignal Apply(long id, int need, ulong instance = 1) => EntitySignal.Apply(Operation(id, need, instance), Now);

    private static QuotaOperation Operation(long id, int need, ulong instance = 1) =>
        new(new(instance), id, 0, [new(Sliding) { Need = need, LeaseFor = TimeSpan.FromSeconds(2) }]);

    private static int Used(string? text) => EntityText.Read(text!).Peek(Operation(0, 0), Now).Policies[0].Used;

    // Spread over all bits, as random ids are.
    private static ulong Id(int i) => unchecked((ulong)(i + 1) * 0x9e3779b97f4a7c15);
}

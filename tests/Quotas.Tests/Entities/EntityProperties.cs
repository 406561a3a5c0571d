using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Policies;
using Shouldly;
using Xunit;

namespace FunctionsApi.Quotas.Tests.Entities;

/// <summary>Any run of operations of three instances on one entity, with clocks that disagree.</summary>
public sealed class EntityProperties
{
    private static readonly Instant Start = Instant.From(new(2026, 3, 1, 14, 59, 30, TimeSpan.Zero));

    private static readonly ImmutableArray<Policy> Policies =
    [
        Given.Sliding(50),
        Given.Hourly(80, Given.TwiceForTenSeconds),
        Given.Concurrency(12),
    ];

    [Fact]
    public void What_is_used_never_exceeds_what_is_sold() => Check(static (before, step) =>
    {
        var (_, result) = before.Apply(step.Operation, step.Now);
        foreach (var policy in result.Policies)
            policy.Granted.ShouldBeLessThanOrEqualTo(Math.Max(0, policy.Capacity - (policy.Used - policy.Granted)));
    });

    [Fact]
    public void An_operation_that_is_repeated_is_answered_alike_and_changes_nothing() => Check(static (before, step) =>
    {
        var (once, first) = before.Apply(step.Operation, step.Now);
        var (twice, second) = once.Apply(step.Operation, step.Now);

        twice.ShouldBeSameAs(once);
        second.Policies.Select(policy => (policy.Granted, policy.Used))
            .ShouldBe(first.Policies.Select(policy => (policy.Granted, policy.Used)));
    });

    [Fact]
    public void An_operation_that_arrives_after_a_later_one_gets_nothing() => Check(static (before, step) =>
    {
        var (after, _) = before.Apply(step.Operation, step.Now);
        var (unchanged, result) = after.Apply(step.Operation with { Id = step.Operation.Id - 1 }, step.Now);

        unchanged.ShouldBeSameAs(after);
        result.Policies.ShouldAllBe(policy => policy.Granted == 0);
    });

    [Fact]
    public void Time_never_runs_backwards() => Check(static (before, step) =>
    {
        var (after, result) = before.Apply(step.Operation, step.Now);
        after.LastTime.ShouldBeGreaterThanOrEqualTo(before.LastTime);
        result.Now.ShouldBe(after.LastTime);
    });

    [Fact]
    public void A_look_changes_nothing_and_sees_what_an_operation_would_find() => Check(static (before, step) =>
    {
        var look = step.Operation with { Policies = [.. Policies.Select(policy => new PolicyOperation(policy))] };
        before.Peek(look, step.Now).Policies.Select(policy => policy.Used)
            .ShouldBe(before.Peek(look, step.Now).Policies.Select(policy => policy.Used));
    });

    [Fact]
    public void Bytes_say_all_of_an_entity() => Check(static (before, step) =>
    {
        var (after, _) = before.Apply(step.Operation, step.Now);
        var bytes = QuotaEntityCodec.Encode(after);

        var read = QuotaEntityCodec.Decode(bytes);
        QuotaEntityCodec.Encode(read).ShouldBe(bytes);
        Told(read).ShouldBe(Told(after));
    });

    [Fact]
    public void Damaged_bytes_are_refused_or_read_but_never_break_the_reader() => Check(static (before, step) =>
    {
        var bytes = QuotaEntityCodec.Encode(before.Apply(step.Operation, step.Now).Entity);
        bytes[(int)(step.Now.Ticks % bytes.Length)] ^= (byte)(1 + step.Operation.Id % 255);
        try
        {
            QuotaEntityCodec.Decode(bytes);
        }
        catch (InvalidDataException e)
        {
            e.Message.ShouldStartWith("The quota entity ");
        }
    });

    [Fact]
    public void Sliding_buckets_are_at_most_sixty_and_the_one_at_the_edge() => Check(static (before, step) =>
    {
        var (after, _) = before.Apply(step.Operation, step.Now);
        after.Counters.OfType<SlidingWindowCounter>().ShouldAllBe(counter => counter.Buckets.Length <= 61);
    });

    [Fact]
    public void Counters_that_were_dropped_would_have_changed_no_answer() => CheckAll(static steps =>
    {
        var dropping = QuotaEntity.Empty;
        var keeping = new KeepingEntity();
        foreach (var (operation, now) in steps)
        {
            (dropping, var result) = dropping.Apply(operation, now);
            keeping.Apply(operation, now).ShouldBe(Told(result));
        }
    });

    [Fact]
    public void An_entity_that_is_deleted_when_it_may_be_would_have_changed_no_answer() => CheckAll(static steps =>
    {
        var (kept, swept, offset) = (QuotaEntity.Empty, QuotaEntity.Empty, TimeSpan.Zero);
        foreach (var (operation, time) in steps)
        {
            var now = time + offset;
            // From time to time nobody comes for so long that the sweep finds the entity, by a clock that is ahead.
            if (operation.Id % 14 == 0 && swept.LastTime != default)
            {
                var foundAt = swept.ForgettableAt;
                offset += foundAt - TimeSpan.FromMinutes(20) - now;
                now = time + offset;
                swept = QuotaEntity.Empty;
            }
            (kept, var expected) = kept.Apply(operation, now);
            (swept, var result) = swept.Apply(operation, now);
            Told(result).ShouldBe(Told(expected));
        }
    });

    /// <summary>All that an answer says, as text: its arrays compare by reference.</summary>
    private static string Told(QuotaResult result) => $"{result.Now} {result.Generation} " + string.Join(
        "; ", result.Policies.Select(policy => $"{policy with { Releases = [] }} {string.Join(' ', policy.Releases)}"));

    private static string Told(QuotaEntity entity) => $"{entity.LastTime} {entity.Generation} "
        + string.Join("; ", entity.Counters.Select(counter => counter switch
        {
            SlidingWindowCounter window => $"{window.Policy} {string.Join(' ', window.Buckets)} {string.Join(' ', window.Leases)}",
            ConcurrencyCounter concurrency => $"{concurrency.Policy} {string.Join(' ', concurrency.Leases)}",
            _ => $"{counter}",
        }))
        + string.Join("; ", entity.Instances.Select(mark => $"{mark with { Granted = [] }} {string.Join(' ', mark.Granted)}"));

    /// <summary>An entity whose counters never leave: those that were dropped are put back before the next operation.</summary>
    private sealed class KeepingEntity
    {
        private QuotaEntity _entity = QuotaEntity.Empty;

        public string Apply(QuotaOperation operation, Instant now)
        {
            var before = _entity.Counters;
            (_entity, var result) = _entity.Apply(operation, now);
            var gone = before.Where(counter => _entity.Counters.All(other => other.Policy != counter.Policy));
            _entity = _entity with { Counters = [.. _entity.Counters, .. gone] };
            return Told(result);
        }
    }

    private static void CheckAll(Action<Step[]> property) =>
        Prop.ForAll(Steps.ToArbitrary(), property).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    private static void Check(Action<QuotaEntity, Step> property) =>
        Prop.ForAll(Steps.ToArbitrary(), steps =>
        {
            var entity = QuotaEntity.Empty;
            foreach (var step in steps)
            {
                property(entity, step);
                entity = entity.Apply(step.Operation, step.Now).Entity;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    private sealed record Step(QuotaOperation Operation, Instant Now);

    private static Gen<Step[]> Steps { get; } =
        from count in Gen.Choose(1, 60)
        from parts in (
            from instance in Gen.Choose(1, 3)
            from millis in Gen.Frequency((9, Gen.Choose(-2_000, 4_000)), (1, Gen.Choose(0, 4_000_000)))
            from need in Gen.Choose(0, 20)
            from want in Gen.Choose(0, 60)
            from returned in Gen.Choose(0, 5)
            from spent in Gen.Choose(0, 10)
            from ago in Gen.Choose(0, 2_000)
            from kept in Gen.Choose(0, 4)
            from policies in Gen.Choose(1, (1 << Policies.Length) - 1)
            select (instance, millis, need, want, returned, spent, ago, kept, policies)).ArrayOf(count)
        select ToSteps(parts);

    private static Step[] ToSteps(
        (int Instance, int Millis, int Need, int Want, int Returned, int Spent, int Ago, int Kept, int Policies)[] parts)
    {
        var now = Start;
        return [.. parts.Select((part, i) =>
        {
            now += TimeSpan.FromMilliseconds(part.Millis);
            return new Step(
                new(new((ulong)part.Instance), (i + 1) * 2, 0, [.. Policies.Where((_, place) => (part.Policies >> place & 1) != 0).Select(policy => new PolicyOperation(policy)
                {
                    Need = part.Need,
                    Want = part.Want,
                    Returned = part.Returned,
                    WindowEnd = Instant.FromUnixSeconds(((now - TimeSpan.FromMilliseconds(part.Ago)).UnixSeconds / 3600 + 1) * 3600),
                    Spent = [new(TimeSpan.FromMilliseconds(part.Ago), part.Spent)],
                    LeaseFor = TimeSpan.FromSeconds(2),
                    Kept = part.Kept,
                })]),
                now);
        })];
    }
}

using System.Collections.Immutable;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Policies;
using Shouldly;
using Xunit;

namespace FunctionsApi.Quotas.Tests.Entities;

/// <summary>How many bytes an entity has. A column of a table row holds 64 KiB, a row 1 MiB.</summary>
public sealed class EntitySizeTests
{
    private static readonly Instant Two = Instant.From(new(2026, 3, 1, 14, 0, 0, TimeSpan.Zero));

    private static readonly ImmutableArray<Policy> Agents =
    [
        Given.Hourly(1_000_000, Given.TwiceForTenSeconds),
        Given.Daily(10_000_000),
        Given.Hourly(50) with { Name = "crawl-per-hour" },
        Given.Hourly(1_000) with { Name = "synthesize-per-hour" },
        Given.Hourly(10_000) with { Name = "events-per-hour" },
        Given.Concurrency(50_000),
    ];

    [Fact]
    public void A_full_sliding_window_on_a_thousand_instances_has_21_KB() => Size(Sliding(1_000)).ShouldBeLessThan(21_000);

    [Fact]
    public void The_agents_policies_on_a_thousand_instances_have_26_KB() => Size(AgentsOn(1_000)).ShouldBeLessThan(26_000);

    [Fact]
    public void A_partition_on_one_instance_has_a_few_hundred_bytes()
    {
        Size(Sliding(1)).ShouldBeLessThan(450);
        Size(AgentsOn(1)).ShouldBeLessThan(150);
    }

    [Fact]
    public void As_many_instances_as_an_entity_remembers_fill_a_quarter_of_a_row() =>
        Size(AgentsOn(QuotaEntity.MostInstances)).ShouldBeLessThan(256 * 1024);

    private static int Size(QuotaEntity entity)
    {
        entity.Counters.ShouldNotBeEmpty();
        return QuotaEntityCodec.Encode(entity).Length;
    }

    /// <summary>1,000 permits in 61 buckets and in leases of all instances.</summary>
    private static QuotaEntity Sliding(int instances)
    {
        var policy = Given.Sliding(1_000 + instances);
        var entity = QuotaEntity.Empty;
        for (var second = 0; second < 61; second++)
            entity = entity.Apply(
                new(new(Id(0)), second + 1, 0, [new(policy) { Overdrawn = [new(TimeSpan.Zero, 16)] }]),
                Two + TimeSpan.FromSeconds(second + 0.123_456)).Entity;
        return Many(entity, instances, Two + TimeSpan.FromSeconds(59), TimeSpan.FromSeconds(1.5), _ =>
            [new(policy) { Need = 1, LeaseFor = TimeSpan.FromSeconds(2) }]);
    }

    private static QuotaEntity AgentsOn(int instances) => Many(QuotaEntity.Empty, instances, Two, TimeSpan.FromMinutes(9), i =>
    [
        new(Agents[0]) { Need = 100 + i % 100 },
        new(Agents[1]) { Need = 100 + i % 100 },
        new(Agents[2 + i % 3]) { Need = 1 },
        new(Agents[5]) { Need = 3, LeaseFor = TimeSpan.FromMinutes(10) },
    ]);

    private static QuotaEntity Many(
        QuotaEntity entity, int instances, Instant from, TimeSpan during, Func<int, ImmutableArray<PolicyOperation>> parts)
    {
        for (var i = 1; i <= instances; i++)
            entity = entity.Apply(new(new(Id(i)), 1_000_000 + i * 17, 0, parts(i)), from + during * i / instances).Entity;
        return entity;
    }

    // Spread over all bits, as random ids are.
    private static ulong Id(int i) => unchecked((ulong)(i + 1) * 0x9e3779b97f4a7c15);
}

using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Policies;
using Shouldly;
using Xunit;

namespace FunctionsApi.Quotas.Tests.Entities;

public sealed class OperationCodecTests
{
    private static readonly Instant Now = Instant.From(new(2026, 3, 1, 14, 0, 0, TimeSpan.Zero));

    private static readonly QuotaOperation Whole = new(new(0x9e3779b97f4a7c15), 1_000_017, 29_800_000,
    [
        new(Given.Hourly(1_000, Given.TwiceForTenSeconds))
        {
            Need = 1, Pressing = 2, Want = 300, Returned = 7, WindowEnd = Now + TimeSpan.FromMinutes(9),
            Overdrawn = [new(TimeSpan.FromMilliseconds(20), 5)], LeaseFor = TimeSpan.FromSeconds(2.5),
        },
        new(Given.Sliding(120) with { Shadow = true }) { Spent = [new(TimeSpan.FromSeconds(1.234_567_8), 9), new(TimeSpan.Zero, 1)], Kept = 4, Refunded = [new(Now + TimeSpan.FromSeconds(31), 2), new(Now - TimeSpan.FromSeconds(1), 1)] },
        new(Given.Concurrency(10)) { Kept = 3, Need = 1 },
    ]);

    [Fact]
    public void All_of_an_operation_arrives()
    {
        var (operation, now) = QuotaOperationCodec.Decode(QuotaOperationCodec.Encode(Whole, Now));

        now.ShouldBe(Now);
        (operation with { Policies = [] }).ShouldBe(Whole with { Policies = [] });
        foreach (var (arrived, sent) in operation.Policies.Zip(Whole.Policies))
        {
            arrived.Spent.ShouldBe(sent.Spent);
            arrived.Overdrawn.ShouldBe(sent.Overdrawn);
            arrived.Refunded.ShouldBe(sent.Refunded);
            (arrived with { Spent = [], Overdrawn = [], Refunded = [] }).ShouldBe(sent with { Spent = [], Overdrawn = [], Refunded = [] });
        }
    }

    [Fact]
    public void A_part_that_is_added_to_an_operation_needs_a_new_version_of_its_format()
    {
        typeof(QuotaOperation).GetProperties().Select(property => property.Name).Where(name => name != "EqualityContract")
            .ShouldBe(["Instance", "Id", "Generation", "Policies"], ignoreOrder: true);
        typeof(PolicyOperation).GetProperties().Select(property => property.Name).Where(name => name != "EqualityContract")
            .ShouldBe(["Policy", "Need", "Pressing", "Want", "LeaseFor", "Returned", "WindowEnd", "Spent", "Refunded", "Overdrawn", "Kept"], ignoreOrder: true);
        // An entity counts permits, whatever they stand for.
        typeof(Policy).GetProperties().Where(property => property.CanWrite).Select(property => property.Name).Where(name => name != nameof(Policy.CountsCredits))
            .ShouldBe(["Name", "Algorithm", "Limit", "Window", "Burst", "Shadow"], ignoreOrder: true);
    }

    [Fact]
    public void What_is_cut_off_or_has_more_is_no_operation()
    {
        var bytes = QuotaOperationCodec.Encode(Whole, Now);
        for (var length = 0; length < bytes.Length; length++)
            Should.Throw<InvalidDataException>(() => QuotaOperationCodec.Decode(bytes.AsSpan(0, length)));
        Should.Throw<InvalidDataException>(() => QuotaOperationCodec.Decode([.. bytes, 0]));
        bytes[0]++;
        Should.Throw<InvalidDataException>(() => QuotaOperationCodec.Decode(bytes)).Message.ShouldContain("version 4");
    }
}

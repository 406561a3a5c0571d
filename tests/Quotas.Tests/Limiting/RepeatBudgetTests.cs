using FunctionsApi.Quotas.Limiting;
using Shouldly;
using Xunit;

namespace FunctionsApi.Quotas.Tests.Limiting;

public sealed class RepeatBudgetTests
{
    private static readonly Instant Start = Instant.FromUnixSeconds(1_000_000);

    private readonly RepeatBudget _budget = new();

    [Fact]
    public void Repeats_are_as_many_as_first_attempts_and_a_few_a_second()
    {
        SpendAll(Start).ShouldBe(RepeatBudget.Most);
        for (var i = 0; i < 20; i++)
            _budget.Earn();
        SpendAll(Start).ShouldBe(20);
        SpendAll(Start + TimeSpan.FromSeconds(2)).ShouldBe(2 * RepeatBudget.PerSecond);
    }

    [Fact]
    public void A_long_time_without_trouble_saves_up_no_storm()
    {
        for (var i = 0; i < 1_000_000; i++)
            _budget.Earn();
        SpendAll(Start + TimeSpan.FromDays(1)).ShouldBe(RepeatBudget.Most);
    }

    private int SpendAll(Instant now)
    {
        var spent = 0;
        while (_budget.TrySpend(now))
            spent++;
        return spent;
    }
}

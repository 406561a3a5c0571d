using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using Shouldly;
using Xunit;

namespace FunctionsApi.Quotas.Tests.Limiting;

/// <summary>What every ledger promises, whatever it stands on.</summary>
public abstract class LedgerContract
{
    private static readonly Instant Now = Instant.From(new(2026, 3, 1, 14, 0, 0, TimeSpan.Zero));

    private static readonly Policy Hourly = new()
    {
        Name = "requests-per-hour",
        Algorithm = Algorithm.FixedWindow,
        Limit = 100,
        Window = TimeSpan.FromHours(1),
    };

    private long _lastOperation;

    protected abstract ILedger Ledger { get; }

    [Fact]
    public async Task A_partition_that_nobody_used_has_everything_left()
    {
        var result = await Ledger.PeekAsync("key:new", Operation(0), Now, Cancellation);
        result.Policies[0].Used.ShouldBe(0);
        result.Policies[0].Available.ShouldBe(100);
    }

    [Fact]
    public async Task What_is_acquired_counts_as_used_for_every_instance()
    {
        await Ledger.ApplyAsync("key:k1", Operation(30), Now, Cancellation);

        (await Ledger.PeekAsync("key:k1", Operation(0), Now, Cancellation)).Policies[0].Used.ShouldBe(30);
        (await Ledger.PeekAsync("key:k2", Operation(0), Now, Cancellation)).Policies[0].Used.ShouldBe(0);
    }

    [Fact]
    public async Task A_look_changes_nothing()
    {
        await Ledger.PeekAsync("key:k1", Operation(30), Now, Cancellation);

        (await Ledger.PeekAsync("key:k1", Operation(0), Now, Cancellation)).Policies[0].Used.ShouldBe(0);
    }

    [Fact]
    public async Task Operations_of_many_instances_at_once_apply_one_after_the_other()
    {
        var results = await Task.WhenAll(Enumerable.Range(1, 40).Select(instance => Task.Run(
            () => Ledger.ApplyAsync("key:k1", Operation(3, (ulong)instance), Now, Cancellation))));

        results.Sum(result => result.Policies[0].Granted).ShouldBe(100);
        (await Ledger.PeekAsync("key:k1", Operation(0), Now, Cancellation)).Policies[0].Used.ShouldBe(100);
    }

    [Fact]
    public async Task An_operation_that_is_repeated_is_applied_once()
    {
        var operation = Operation(7);
        await Ledger.ApplyAsync("key:k1", operation, Now, Cancellation);
        var again = await Ledger.ApplyAsync("key:k1", operation, Now, Cancellation);

        again.Policies[0].Granted.ShouldBe(7);
        again.Policies[0].Used.ShouldBe(7);
    }

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected QuotaOperation Operation(int need, ulong instance = 1) =>
        new(new(instance), Interlocked.Increment(ref _lastOperation), 0, [new(Hourly) { Need = need }]);
}

using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using Shouldly;
using Xunit;

namespace FunctionsApi.Quotas.Tests.Limiting;

/// <summary>What happens while the ledger is away, and when it is back.</summary>
public sealed class OutageTests : IDisposable
{
    private readonly OneThread _thread = new();
    private readonly ManualTime _time = new();
    private readonly ScriptedLedger _ledger = new();

    public void Dispose() => _thread.Dispose();

    [Fact]
    public async Task Leases_in_hand_go_on_being_spent_in_either_mode()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter(WhenLedgerUnavailable.Deny);
        var charge = Given.Charge(Given.Hourly(1_000));
        await Acquire(limiter, charge);
        await Acquire(limiter, charge);

        _ledger.IsAway = true;
        (await Acquire(limiter, charge)).Outcome.ShouldBe(Outcome.Admitted);
    }

    [Fact]
    public async Task Admit_enforces_the_whole_limit_alone_and_charges_the_ledger_when_it_is_back()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter(WhenLedgerUnavailable.Admit);
        var charge = Given.Charge(Given.Sliding(100), Given.Hourly(500), Given.Concurrency(1_000));
        for (var i = 0; i < 10; i++)
            await Acquire(limiter, charge);

        await GoAwayAsync(limiter);
        var admitted = 10;
        while ((await Acquire(limiter, charge)).Outcome == Outcome.Admitted)
            admitted++;
        admitted.ShouldBe(100);

        _ledger.IsAway = false;
        await UntilAsync(() => limiter.Outage is null);
        _time.Advance(3);
        await using var other = Limiter(WhenLedgerUnavailable.Admit);
        var seen = await other.PeekAsync("key:k1", charge, TestContext.Current.CancellationToken);
        seen[0].Remaining.ShouldBe(0);
        seen[1].Remaining.ShouldBe(400);
    }

    [Fact]
    public async Task An_outage_of_any_length_sells_a_window_once()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter(WhenLedgerUnavailable.Admit);
        var charge = Given.Charge(Given.Hourly(100));
        await Acquire(limiter, charge);
        await GoAwayAsync(limiter);
        var admitted = 1;
        for (var minute = 0; minute < 40; minute++)
        {
            for (var i = 0; i < 30; i++)
                admitted += (await Acquire(limiter, charge)).Outcome == Outcome.Admitted ? 1 : 0;
            for (var step = 0; step < 60; step++)
            {
                _time.Advance(1);
                await _thread.SettleAsync();
            }
        }
        admitted.ShouldBe(100);

        _ledger.IsAway = false;
        await UntilAsync(() => limiter.Outage is null);
        _time.Advance(3);
        await using var other = Limiter(WhenLedgerUnavailable.Admit);
        (await other.PeekAsync("key:k1", charge, TestContext.Current.CancellationToken))[0].Remaining.ShouldBe(0);
    }

    [Theory]
    [InlineData(Algorithm.FixedWindow)]
    [InlineData(Algorithm.SlidingWindow)]
    public async Task A_lease_that_ended_during_an_outage_is_not_spent_in_the_next_window(Algorithm algorithm)
    {
        await _thread.SwitchAsync();
        _time.Advance(59 * 60);
        await using var limiter = Limiter(WhenLedgerUnavailable.Deny);
        var charge = Given.Charge(algorithm == Algorithm.FixedWindow ? Given.Hourly(100) : Given.Sliding(100));
        for (var i = 0; i < 10; i++)
            await Acquire(limiter, charge);
        _ledger.IsAway = true;
        (await Acquire(limiter, charge.Times(50))).Outcome.ShouldBe(Outcome.Unavailable);

        _time.Advance(90);
        _ledger.IsAway = false;
        await UntilAsync(() => limiter.Outage is null);
        var admitted = 0;
        while ((await Acquire(limiter, charge)).Outcome == Outcome.Admitted)
            admitted++;
        admitted.ShouldBe(100);
    }

    [Fact]
    public async Task Deny_lets_a_shadow_policy_in_doubt_refuse_nobody()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter(WhenLedgerUnavailable.Deny);
        var both = Given.Charge(Given.Hourly(1_000), Given.Sliding(10) with { Shadow = true });
        var hourly = new Charge(both.Policies, [both.Items[0]]);
        await Acquire(limiter, hourly);
        await Acquire(limiter, hourly);

        _ledger.IsAway = true;
        (await Acquire(limiter, both)).Outcome.ShouldBe(Outcome.Admitted);
    }

    [Fact]
    public async Task Deny_admits_nothing_that_is_not_in_hand()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter(WhenLedgerUnavailable.Deny);
        _ledger.IsAway = true;

        var decision = await Acquire(limiter, Given.Charge(Given.Hourly(1_000)));
        decision.Outcome.ShouldBe(Outcome.Unavailable);
        decision.RetryAfterSeconds.ShouldBe(1);
    }

    [Fact]
    public async Task An_outage_is_told_once_when_it_begins_and_once_when_it_ends()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter(WhenLedgerUnavailable.Admit);
        var told = new List<string?>();
        limiter.OutageChanged = outage => told.Add(outage?.Reason);
        _ledger.IsAway = true;
        for (var i = 0; i < 20; i++)
            await Acquire(limiter, Given.Charge(Given.Hourly(10)), $"key:k{i}");
        await UntilAsync(() => limiter.Outage is not null);

        _ledger.IsAway = false;
        await UntilAsync(() => limiter.Outage is null);
        told.ShouldBe(["The store is away.", null]);
    }

    [Fact]
    public async Task A_ledger_that_is_away_is_tried_by_one_operation_at_a_time_and_less_and_less_often()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter(WhenLedgerUnavailable.Admit);
        _ledger.IsAway = true;
        for (var i = 0; i < 100; i++)
            await Acquire(limiter, Given.Charge(Given.Hourly(10)), $"key:k{i}");

        var before = _ledger.Operations.Count;
        for (var i = 0; i < 600; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await _thread.SettleAsync();
        }
        (_ledger.Operations.Count - before).ShouldBeLessThan(40);
    }

    [Fact]
    public async Task However_many_partitions_ask_at_once_a_bounded_number_of_operations_is_on_its_way()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter(WhenLedgerUnavailable.Admit);
        var gate = _ledger.Hold();
        var asking = Enumerable.Range(0, 1_000)
            .Select(i => limiter.AcquireAsync($"key:k{i}", Given.Charge(Given.Hourly(10)), TestContext.Current.CancellationToken).AsTask())
            .ToArray();
        _ledger.Operations.Count.ShouldBe(256);

        gate.SetResult();
        (await Task.WhenAll(asking)).ShouldAllBe(decision => decision.Outcome == Outcome.Admitted);
        _ledger.Operations.Count.ShouldBe(1_000);
    }

    [Fact]
    public async Task A_ledger_that_hangs_is_slow_for_those_who_wait_and_away_only_when_several_operations_had_no_answer()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter(WhenLedgerUnavailable.Admit);
        _ = _ledger.Hold();
        var waiting = Ask(limiter, Given.Charge(Given.Hourly(10))).AsTask();

        await UntilAsync(() => waiting.IsCompleted);
        (await waiting).Outcome.ShouldBe(Outcome.Unavailable);
        limiter.LedgerState.ShouldBe(LedgerState.Slow);
        limiter.Outage.ShouldBeNull();
        await UntilAsync(() => limiter.Outage is not null);
        limiter.Outage!.Reason.ShouldBe("The ledger did not answer in time.");
        limiter.LedgerState.ShouldBe(LedgerState.Away);
        (await Acquire(limiter, Given.Charge(Given.Hourly(10)))).Outcome.ShouldBe(Outcome.Admitted);
    }

    [Fact]
    public async Task A_ledger_that_fails_in_a_way_nobody_foresaw_keeps_nobody_waiting()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter(WhenLedgerUnavailable.Admit);
        _ledger.Defect = new InvalidCastException();
        var waiting = Ask(limiter, Given.Charge(Given.Hourly(10))).AsTask();

        await UntilAsync(() => waiting.IsCompleted);
        await UntilAsync(() => limiter.Outage is not null);
        limiter.Outage!.Reason.ShouldBe("The ledger failed: InvalidCastException: Specified cast is not valid.");
        _ledger.Defect = null;
        await UntilAsync(() => limiter.Outage is null);
    }

    [Fact]
    public async Task A_caller_who_goes_away_while_waiting_is_not_charged()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter(WhenLedgerUnavailable.Admit);
        var gate = _ledger.Hold();
        using var gone = new CancellationTokenSource();
        var charge = Given.Charge(Given.Hourly(10));
        var first = Ask(limiter, charge).AsTask();
        var second = limiter.AcquireAsync("key:k1", charge, gone.Token).AsTask();

        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(second);
        gate.SetResult();
        (await first)[0].Remaining.ShouldBe(9);
    }

    private QuotaLimiter Limiter(WhenLedgerUnavailable when) => new(_ledger, new() { WhenLedgerUnavailable = when }, _time);

    private static ValueTask<Decision> Ask(QuotaLimiter limiter, Charge charge, string partition = "key:k1") =>
        limiter.AcquireAsync(partition, charge, TestContext.Current.CancellationToken);

    /// <summary>The ledger goes away, and the limiter finds out by other partitions.</summary>
    private async Task GoAwayAsync(QuotaLimiter limiter)
    {
        _ledger.IsAway = true;
        _ = Ask(limiter, Given.Charge(Given.Hourly(10)), "key:other1").AsTask();
        _ = Ask(limiter, Given.Charge(Given.Hourly(10)), "key:other2").AsTask();
        await UntilAsync(() => limiter.Outage is not null);
    }

    /// <summary>Lets time pass until it is decided.</summary>
    private async Task<Decision> Acquire(QuotaLimiter limiter, Charge charge, string partition = "key:k1")
    {
        var asked = Ask(limiter, charge, partition).AsTask();
        await UntilAsync(() => asked.IsCompleted);
        return await asked;
    }

    private async Task UntilAsync(Func<bool> holds)
    {
        for (var i = 0; i < 10_000 && !holds(); i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(20));
            await _thread.SettleAsync();
        }
        holds().ShouldBeTrue();
    }
}

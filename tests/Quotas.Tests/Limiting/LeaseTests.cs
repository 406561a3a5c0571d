using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using Shouldly;
using Xunit;

namespace FunctionsApi.Quotas.Tests.Limiting;

/// <summary>How permits travel between the ledger and the instances.</summary>
public sealed class LeaseTests : IDisposable
{
    private readonly OneThread _thread = new();
    private readonly ManualTime _time = new();
    private readonly ScriptedLedger _ledger = new();

    public void Dispose() => _thread.Dispose();

    [Fact]
    public async Task Requests_that_come_while_an_operation_is_in_flight_share_the_next_one()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter();
        var charge = Given.Charge(Given.Sliding(1_000));
        var gate = _ledger.Hold();

        var waiting = Enumerable.Range(0, 50).Select(_ => Acquire(limiter, charge).AsTask()).ToList();
        _ledger.Operations.Count.ShouldBe(1);
        gate.SetResult();
        var decisions = await Task.WhenAll(waiting);

        decisions.ShouldAllBe(decision => decision.Outcome == Outcome.Admitted);
        _ledger.Operations.Count.ShouldBe(2);
        _ledger.Operations[0].Policies[0].Need.ShouldBe(1);
        // The first brought a few more than it needed.
        _ledger.Operations[1].Policies[0].Need.ShouldBe(44);
    }

    [Fact]
    public async Task A_hot_partition_with_headroom_asks_the_ledger_for_hundreds_of_requests_at_once()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter();
        var charge = Given.Charge(Given.Hourly(1_000_000));
        for (var i = 0; i < 20_000; i++)
        {
            (await Acquire(limiter, charge)).Outcome.ShouldBe(Outcome.Admitted);
            _time.Advance(TimeSpan.FromMicroseconds(250));
        }

        _ledger.Operations.Count.ShouldBeLessThan(40);
    }

    [Fact]
    public async Task A_caller_who_comes_once_costs_one_operation_and_one_to_give_back_a_few_permits()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter();
        (await Acquire(limiter, Given.Charge(Given.Sliding(120), Given.Hourly(100), Given.Concurrency(50)))).Release();

        _time.Advance(30);
        _ledger.Operations.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Only_the_first_request_of_a_key_with_headroom_waits_for_the_ledger()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter();
        var charge = Given.Charge(Given.Hourly(1_000), Given.Daily(10_000), Given.Sliding(120));
        limiter.TryAcquire("key:k1", charge, out _).ShouldBeFalse();
        await Acquire(limiter, charge);

        for (var i = 0; i < 5; i++)
            limiter.TryAcquire("key:k1", charge, out _).ShouldBeTrue();
    }

    [Fact]
    public async Task A_partition_that_goes_quiet_gives_back_what_another_instance_can_then_sell()
    {
        await _thread.SwitchAsync();
        await using var first = Limiter();
        await using var second = Limiter();
        var charge = Given.Charge(Given.Hourly(100));
        var admitted = 0;
        for (var i = 0; i < 10; i++)
            admitted += (await Acquire(first, charge)).Outcome == Outcome.Admitted ? 1 : 0;

        _time.Advance(2);
        while ((await Acquire(second, charge)).Outcome == Outcome.Admitted)
            admitted++;
        admitted.ShouldBe(100);
    }

    [Fact]
    public async Task A_stopping_instance_gives_back_at_once()
    {
        await _thread.SwitchAsync();
        var charge = Given.Charge(Given.Sliding(100));
        var first = Limiter();
        for (var i = 0; i < 10; i++)
            await Acquire(first, charge);
        await first.DisposeAsync();

        await using var second = Limiter();
        var admitted = 10;
        while ((await Acquire(second, charge)).Outcome == Outcome.Admitted)
            admitted++;
        admitted.ShouldBe(100);
    }

    [Fact]
    public async Task A_lost_answer_neither_loses_permits_nor_admits_more()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter(WhenLedgerUnavailable.Deny);
        var charge = Given.Charge(Given.Hourly(100));
        var admitted = 0;
        for (var i = 0; i < 300; i++)
        {
            _ledger.LoseAnswers = i % 7 == 3 ? 1 : 0;
            var decision = Acquire(limiter, charge).AsTask();
            await UntilAsync(() => decision.IsCompleted);
            admitted += (await decision).Outcome == Outcome.Admitted ? 1 : 0;
        }

        _time.Advance(5);
        while ((await Acquire(limiter, charge)).Outcome == Outcome.Admitted)
            admitted++;
        admitted.ShouldBe(100);
    }

    [Fact]
    public async Task Concurrency_permits_are_renewed_as_long_as_they_are_in_use_and_come_back_when_the_instance_is_gone()
    {
        await _thread.SwitchAsync();
        // Never disposed: a killed instance gives nothing back.
        var killed = Limiter();
        await using var other = Limiter();
        var charge = Given.Charge(Given.Concurrency(2));
        await Acquire(killed, charge);
        await Acquire(killed, charge);

        for (var i = 0; i < 60; i++)
        {
            _time.Advance(1);
            (await PatientlyAsync(other, charge)).Outcome.ShouldBe(Outcome.Refused);
        }

        _time.StopFirstTimer();
        _time.Advance(16);
        (await PatientlyAsync(other, charge)).Outcome.ShouldBe(Outcome.Admitted);
        (await PatientlyAsync(other, charge)).Outcome.ShouldBe(Outcome.Admitted);
    }

    [Fact]
    public async Task A_lowered_limit_holds_from_the_next_request_whatever_was_leased_before()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter();
        for (var i = 0; i < 20; i++)
            (await Acquire(limiter, Given.Charge(Given.Hourly(1_000)))).Outcome.ShouldBe(Outcome.Admitted);

        (await Acquire(limiter, Given.Charge(Given.Hourly(21)))).Outcome.ShouldBe(Outcome.Admitted);
        (await Acquire(limiter, Given.Charge(Given.Hourly(21)))).Outcome.ShouldBe(Outcome.Refused);
        var raised = await Acquire(limiter, Given.Charge(Given.Hourly(1_000)));
        raised.Outcome.ShouldBe(Outcome.Admitted);
        raised[0].Remaining.ShouldBe(978);
    }

    [Fact]
    public async Task A_limit_lowered_below_what_was_used_refuses_and_leaves_nobody_waiting()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter();
        for (var i = 0; i < 30; i++)
        {
            await Acquire(limiter, Given.Charge(Given.Hourly(1_000)));
            _time.Advance(0.1);
        }

        // Long enough for the ledger to be asked again, too short for the lease to be given back.
        _time.Advance(0.8);
        var lowered = Acquire(limiter, Given.Charge(Given.Hourly(5))).AsTask();
        await UntilAsync(() => lowered.IsCompleted);
        (await lowered).Outcome.ShouldBe(Outcome.Refused);
    }

    [Fact]
    public async Task Plans_that_count_other_things_share_no_slots()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter();
        await Acquire(limiter, Given.Charge(Given.Sliding(5), Given.Hourly(10)));

        var other = await Acquire(limiter, Given.Charge(Given.Hourly(10), Given.Daily(20)));
        other[0].Remaining.ShouldBe(8);
        other[1].Remaining.ShouldBe(19);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_neither_reopens_a_window_nor_keeps_it_closed_for_longer()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter();
        var charge = Given.Charge(Given.Sliding(10));
        for (var i = 0; i < 10; i++)
            await Acquire(limiter, charge);

        _time.SetClock(TimeSpan.FromHours(-2));
        _time.Advance(30);
        var refused = await Acquire(limiter, charge);
        refused.Outcome.ShouldBe(Outcome.Refused);
        _time.Advance(refused.RetryAfterSeconds + 1);
        (await Acquire(limiter, charge)).Outcome.ShouldBe(Outcome.Admitted);
    }

    [Fact]
    public async Task Partitions_are_forgotten_and_their_counts_are_not()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter();
        var charge = Given.Charge(Given.Daily(100));
        for (var i = 0; i < 40; i++)
            await Acquire(limiter, charge);

        _time.Advance(600);
        limiter.PartitionCount.ShouldBe(0);
        (await Acquire(limiter, charge))[0].Remaining.ShouldBe(59);
    }

    [Fact]
    public async Task A_look_at_a_partition_costs_nothing_and_tells_what_is_left()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter();
        await using var stranger = Limiter();
        var charge = Given.Charge(Given.Hourly(100));
        await Acquire(limiter, charge);

        var seen = await stranger.PeekAsync("key:k1", charge, TestContext.Current.CancellationToken);
        seen.Outcome.ShouldBe(Outcome.Peeked);
        seen[0].Remaining.ShouldBe(99);
        (await stranger.PeekAsync("key:k1", charge, TestContext.Current.CancellationToken))[0].Remaining.ShouldBe(99);
        _ledger.Looks.ShouldBe(1);
    }

    [Fact]
    public async Task A_look_at_more_policies_than_were_used_forgets_nothing_that_is_in_hand()
    {
        await using var limiter = Limiter();
        var set = Given.Charge(Given.Concurrency(8), Given.Hourly(100)).Policies;
        var held = await Acquire(limiter, new(set, [new(0, 1)]));
        held.Outcome.ShouldBe(Outcome.Admitted);
        var asked = _ledger.Operations.Count;

        (await limiter.PeekAsync("key:k1", new(set, [new(0, 0), new(1, 0)]), TestContext.Current.CancellationToken))[0].Remaining.ShouldBe(7);
        held.Release();
        (await Acquire(limiter, new(set, [new(0, 1)]))).Outcome.ShouldBe(Outcome.Admitted);
        _ledger.Operations.Count.ShouldBe(asked);
    }

    private QuotaLimiter Limiter(WhenLedgerUnavailable when = WhenLedgerUnavailable.Admit) =>
        new(_ledger, new() { WhenLedgerUnavailable = when }, _time);

    private static ValueTask<Decision> Acquire(QuotaLimiter limiter, Charge charge) =>
        limiter.AcquireAsync("key:k1", charge, TestContext.Current.CancellationToken);

    /// <summary>Lets time pass until it is decided.</summary>
    private async Task<Decision> PatientlyAsync(QuotaLimiter limiter, Charge charge)
    {
        var asked = Acquire(limiter, charge).AsTask();
        await UntilAsync(() => asked.IsCompleted);
        return await asked;
    }

    /// <summary>Lets time pass, and the pool run, until something holds.</summary>
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

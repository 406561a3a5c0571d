using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using Shouldly;
using Xunit;

namespace FunctionsApi.Quotas.Tests.Limiting;

/// <summary>What the simulation of many instances found, as small as it gets.</summary>
public sealed class FoundBySimulationTests : IDisposable
{
    private static readonly Instant Hour = Instant.From(new(2026, 2, 27, 10, 0, 0, TimeSpan.Zero));

    private readonly OneThread _thread = new();
    private readonly ManualTime _time = new();
    private readonly ScriptedLedger _ledger = new();

    public void Dispose() => _thread.Dispose();

    [Fact]
    public void An_operation_that_is_repeated_in_the_next_window_brings_no_permits_of_the_last_one()
    {
        var operation = Needs(Given.Hourly(100), 10);
        var (entity, first) = QuotaEntity.Empty.Apply(operation, Hour - TimeSpan.FromMilliseconds(0.5));
        first.Policies[0].Granted.ShouldBe(10);

        entity.Apply(operation, Hour - TimeSpan.FromMilliseconds(0.2)).Result.Policies[0].Granted.ShouldBe(10);
        entity.Apply(operation, Hour).Result.Policies[0].Granted.ShouldBe(0);
    }

    [Fact]
    public void An_operation_that_is_repeated_after_a_burst_brings_no_permits_of_it()
    {
        var operation = Needs(Given.Hourly(5, Given.TwiceForTenSeconds), 10);
        var (entity, first) = QuotaEntity.Empty.Apply(operation, Hour);
        first.Policies[0].Granted.ShouldBe(10);

        entity.Apply(operation, Hour + TimeSpan.FromSeconds(9)).Result.Policies[0].Granted.ShouldBe(10);
        entity.Apply(operation, Hour + TimeSpan.FromSeconds(10)).Result.Policies[0].Granted.ShouldBe(0);
    }

    [Fact]
    public async Task Overdrafts_that_have_left_the_window_say_nothing_about_the_reset()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter(WhenLedgerUnavailable.Admit);
        var charge = Given.Charge(Given.Sliding(10));
        _ledger.IsAway = true;
        var waiting = Acquire(limiter, charge).AsTask();
        while (!waiting.IsCompleted || limiter.Outage is null)
        {
            _time.Advance(0.1);
            await _thread.SettleAsync();
        }
        (await Acquire(limiter, charge)).Outcome.ShouldBe(Outcome.Admitted);
        _time.Advance(61);

        var seen = await limiter.PeekAsync("key:k", charge, TestContext.Current.CancellationToken);
        seen[0].Reset.UnixSeconds.ShouldBe(limiter.Now.UnixSecondsCeiling);
    }

    [Fact]
    public async Task What_is_kept_of_a_lease_that_left_the_window_before_the_ledger_was_told_is_not_left_over()
    {
        await _thread.SwitchAsync();
        await using QuotaLimiter one = Limiter(), other = Limiter();
        var charge = Given.Charge(Given.Sliding(47));
        await Acquire(one, charge);
        _ledger.Defect = new LedgerContendedException("Others write it.");
        var waiting = Acquire(one, charge.Times(10)).AsTask();
        _ledger.Operations[^1].Policies[0].Kept.ShouldBeGreaterThan(0);
        for (var passed = 0; passed < 900; passed++)
            await PassAsync();
        (await waiting).Outcome.ShouldBe(Outcome.Unavailable);
        _ledger.Defect = null;
        for (var i = 0; i < 20; i++)
            (await Acquire(other, charge)).Outcome.ShouldBe(Outcome.Admitted);
        for (var passed = 0; passed < 300 && _ledger.Operations[^1].Instance != one.Instance; passed++)
            await PassAsync();

        (await one.PeekAsync("key:k", charge, TestContext.Current.CancellationToken))[0].Remaining.ShouldBe(27);

        async Task PassAsync()
        {
            _time.Advance(0.1);
            await _thread.SettleAsync();
        }
    }

    [Fact]
    public async Task An_instance_that_holds_no_permit_in_flight_does_not_ask_again_for_each_request_that_it_refuses()
    {
        await _thread.SwitchAsync();
        var charge = Given.Charge(Given.Concurrency(1));
        await using var first = Limiter();
        await using var second = Limiter();
        (await Acquire(first, charge)).Outcome.ShouldBe(Outcome.Admitted);
        var waiting = Acquire(second, charge).AsTask();
        while (!waiting.IsCompleted)
        {
            _time.Advance(0.1);
            await _thread.SettleAsync();
        }
        (await waiting).Outcome.ShouldBe(Outcome.Refused);
        var asked = _ledger.Operations.Count;
        for (var i = 0; i < 100; i++)
            (await Acquire(second, charge)).Outcome.ShouldBe(Outcome.Refused);

        _ledger.Operations.Count.ShouldBe(asked);
    }

    [Fact]
    public async Task What_waits_when_an_instance_stops_is_not_admitted_without_a_permit()
    {
        await _thread.SwitchAsync();
        var limiter = Limiter(WhenLedgerUnavailable.Admit);
        _ledger.Hold();
        var waiting = Acquire(limiter, Given.Charge(Given.Sliding(10))).AsTask();
        var stopped = limiter.DisposeAsync().AsTask();
        // It gives the ledger so long.
        _time.Advance(5);

        (await waiting).Outcome.ShouldBe(Outcome.Unavailable);
        await stopped;
    }

    [Fact]
    public void An_overdraft_of_the_new_window_outlives_the_answer_to_an_operation_of_the_old_one()
    {
        var policy = Given.Hourly(100);
        var slot = new FixedWindowSlot();
        var sent = Hour - TimeSpan.FromSeconds(1);
        var part = slot.Compose(policy, new(sent, 1, TimeSpan.FromHours(1), default, default, default, false) { Steps = ClockSteps.None })!;
        var answer = QuotaEntity.Empty.Apply(new(new(1), 1, 0, [part]), sent).Result;
        slot.Check(policy, 1, Hour);
        slot.Spend(policy, 1, Hour);

        slot.Complete(policy, part, answer.Policies[0], new(sent, sent, Hour, answer.Now));

        slot.Compose(policy, new(Hour, 0, TimeSpan.FromSeconds(1), default, default, default, false) { Steps = ClockSteps.None })!.Overdrawn.Sum(spending => spending.Permits).ShouldBe(1);
    }

    private QuotaLimiter Limiter(WhenLedgerUnavailable whenUnavailable = WhenLedgerUnavailable.Deny) =>
        new(_ledger, new() { WhenLedgerUnavailable = whenUnavailable }, _time);

    private static ValueTask<Decision> Acquire(QuotaLimiter limiter, Charge charge) =>
        limiter.AcquireAsync("key:k", charge, TestContext.Current.CancellationToken);

    private static QuotaOperation Needs(Policy policy, int permits) => new(new(1), 1, 0, [new(policy) { Need = permits }]);
}

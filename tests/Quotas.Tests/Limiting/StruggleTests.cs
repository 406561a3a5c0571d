using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using Shouldly;
using Xunit;

namespace FunctionsApi.Quotas.Tests.Limiting;

/// <summary>A ledger that is not away but slow, throttled in part, or only just back.</summary>
public sealed class StruggleTests : IDisposable
{
    private readonly OneThread _thread = new();
    private readonly ManualTime _time = new();
    private readonly ScriptedLedger _ledger = new();

    public void Dispose() => _thread.Dispose();

    [Theory]
    [InlineData(WhenLedgerUnavailable.Admit)]
    [InlineData(WhenLedgerUnavailable.Deny)]
    public async Task A_throttled_partition_is_told_to_wait_and_neither_sold_by_guessing_nor_anybody_else_concerned(WhenLedgerUnavailable mode)
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter(mode);
        var told = 0;
        limiter.OutageChanged = _ => told++;
        var charge = Given.Charge(Given.Hourly(100));
        _ledger.DefectOf = partition => partition == "key:throttled" ? new LedgerUnavailableException("Busy.") : null;

        var throttled = Ask(limiter, "key:throttled", charge);
        var others = 0;
        for (var waited = 0.0; waited < 1.9; waited += 0.1)
        {
            (await limiter.AcquireAsync($"key:k{others++}", charge, TestContext.Current.CancellationToken))
                .Outcome.ShouldBe(Outcome.Admitted);
            throttled.IsCompleted.ShouldBeFalse();
            await PassAsync(0.1);
        }
        await PassAsync(0.5);
        (await throttled).Outcome.ShouldBe(Outcome.Unavailable);
        // The next ones need not wait to hear the same.
        (await Ask(limiter, "key:throttled", charge)).Outcome.ShouldBe(Outcome.Unavailable);
        (told, limiter.LedgerState).ShouldBe((0, LedgerState.Slow));

        _ledger.DefectOf = _ => null;
        for (var i = 0; i < 100; i++)
            await PassAsync(0.1);
        (await Ask(limiter, "key:throttled", charge))[0].Remaining.ShouldBe(99);
        limiter.LedgerState.ShouldBe(LedgerState.Well);
    }

    [Theory]
    [InlineData(WhenLedgerUnavailable.Admit)]
    [InlineData(WhenLedgerUnavailable.Deny)]
    public async Task Nobody_waits_for_longer_than_the_time_out_not_even_behind_an_operation_in_flight(WhenLedgerUnavailable mode)
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter(mode);
        // Slow, and not away: others are answered all the time.
        var charge = Given.Charge(Given.Hourly(1_000));
        var gate = _ledger.Hold("key:slow");

        List<(Task<Decision> Waiting, Instant Since)> all = [];
        for (var i = 0; i < 60; i++)
        {
            all.Add((Ask(limiter, "key:slow", charge), _time.Now));
            await Ask(limiter, $"key:k{i}", charge);
            await PassAsync(0.1);
            foreach (var (waiting, since) in all)
                if (_time.Now - since > TimeSpan.FromSeconds(2.4))
                    waiting.IsCompleted.ShouldBeTrue();
        }
        limiter.Outage.ShouldBeNull();
        gate.SetResult();
    }

    [Theory]
    [InlineData(WhenLedgerUnavailable.Admit)]
    [InlineData(WhenLedgerUnavailable.Deny)]
    public async Task A_partition_that_others_crowd_is_no_outage_and_nobody_sells_it_by_guessing(WhenLedgerUnavailable mode)
    {
        await using var limiter = Limiter(mode);
        var charge = Given.Charge(Given.Hourly(100));
        _ledger.DefectOf = partition => partition == "key:crowded" ? new LedgerContendedException("Others write it.") : null;

        (await Ask(limiter, "key:crowded", charge)).Outcome.ShouldBe(Outcome.Unavailable);
        for (var i = 0; i < 30; i++)
        {
            await PassAsync(0.1);
            (await Ask(limiter, "key:crowded", charge)).Outcome.ShouldBe(Outcome.Unavailable);
        }
        limiter.Outage.ShouldBeNull();

        _ledger.DefectOf = _ => null;
        for (var i = 0; i < 60; i++)
            await PassAsync(0.1);
        (await Ask(limiter, "key:crowded", charge)).Outcome.ShouldBe(Outcome.Admitted);
    }

    [Theory]
    [InlineData(WhenLedgerUnavailable.Admit)]
    [InlineData(WhenLedgerUnavailable.Deny)]
    public async Task Operations_that_do_not_stand_yet_are_no_outage_and_nobody_sells_them_by_guessing(WhenLedgerUnavailable mode)
    {
        await using var limiter = Limiter(mode);
        var charge = Given.Charge(Given.Hourly(100));
        _ledger.DefectOf = _ => new LedgerSlowException("Its partition moves.");
        for (var i = 0; i < 30; i++)
        {
            (await Ask(limiter, $"key:moving{i % 3}", charge)).Outcome.ShouldBe(Outcome.Unavailable);
            await PassAsync(0.1);
        }
        limiter.Outage.ShouldBeNull();
        limiter.LedgerState.ShouldBe(LedgerState.Slow);
    }

    [Fact]
    public async Task An_operation_that_took_40_s_gives_nobody_else_a_long_lease()
    {
        await _thread.SwitchAsync();
        var options = new LimiterOptions { OperationTimeout = TimeSpan.FromSeconds(60) };
        await using var limiter = new QuotaLimiter(_ledger, options, _time);
        var charge = Given.Charge(Given.Sliding(100));
        var gate = _ledger.Hold("key:moving");
        var moving = Ask(limiter, "key:moving", charge);
        for (var i = 0; i < 80; i++)
            await PassAsync(0.5);
        gate.SetResult();
        await PassAsync(0.1);
        await moving;

        await Ask(limiter, "key:other", charge);
        _ledger.Operations[^1].Policies[0].LeaseFor.ShouldBeLessThan(TimeSpan.FromSeconds(8));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_ledger_that_starts_with_the_instance_is_waited_for_longer(bool saysThatItIsSlow)
    {
        await _thread.SwitchAsync();
        await using var limiter = Starting();
        var charge = Given.Charge(Given.Hourly(1_000));
        var gate = _ledger.Hold();
        var first = Ask(limiter, "key:k1", charge);
        for (var i = 0; i < 50; i++)
            await PassAsync(0.1);
        first.IsCompleted.ShouldBeFalse();
        if (saysThatItIsSlow)
            _ledger.Defect = new LedgerSlowException("It starts.");
        gate.SetResult();
        if (saysThatItIsSlow)
            await PassAsync(0.5);
        _ledger.Defect = null;
        for (var i = 0; i < 50 && !first.IsCompleted; i++)
            await PassAsync(0.1);
        first.IsCompleted.ShouldBeTrue();
        (await first).Outcome.ShouldBe(Outcome.Admitted);
        limiter.LedgerState.ShouldBe(LedgerState.Well);

        // From then on as always.
        gate = _ledger.Hold("key:k2");
        var second = Ask(limiter, "key:k2", charge);
        for (var i = 0; i < 24; i++)
            await PassAsync(0.1);
        second.IsCompleted.ShouldBeTrue();
        (await second).Outcome.ShouldBe(Outcome.Unavailable);
        gate.SetResult();
    }

    [Fact]
    public async Task A_ledger_that_does_not_start_is_waited_for_longer_once()
    {
        await _thread.SwitchAsync();
        await using var limiter = Starting();
        var charge = Given.Charge(Given.Hourly(1_000));
        var gate = _ledger.Hold();
        var first = Ask(limiter, "key:k1", charge);
        for (var i = 0; i < 70; i++)
            await PassAsync(0.1);
        var second = Ask(limiter, "key:k2", charge);
        first.IsCompleted.ShouldBeFalse();
        for (var i = 0; i < 24; i++)
            await PassAsync(0.1);

        (first.IsCompleted, second.IsCompleted).ShouldBe((true, true));
        (await first).Outcome.ShouldBe(Outcome.Unavailable);
        (await second).Outcome.ShouldBe(Outcome.Unavailable);
        gate.SetResult();
    }

    private QuotaLimiter Starting() => new(
        _ledger, new() { OperationTimeout = TimeSpan.FromSeconds(60), FirstAnswerWait = TimeSpan.FromSeconds(8) }, _time);

    [Fact]
    public async Task A_partition_that_somebody_waited_for_too_long_is_not_sold_by_guessing_whether_slow_or_crowded()
    {
        await using var limiter = Limiter();
        var charge = Given.Charge(Given.Hourly(100));
        var gate = _ledger.Hold("key:crowded");
        _ledger.DefectOf = partition => partition == "key:crowded" ? new LedgerContendedException("Others write it.") : null;
        var first = Ask(limiter, "key:crowded", charge);
        for (var i = 0; i < 25; i++)
        {
            // So that it is no outage.
            await Ask(limiter, $"key:other{i}", charge);
            await PassAsync(0.1);
        }
        (await first).Outcome.ShouldBe(Outcome.Unavailable);
        gate.SetResult();
        for (var i = 0; i < 5; i++)
            await PassAsync(0.1);
        limiter.LedgerState.ShouldBe(LedgerState.Contended);

        (await Ask(limiter, "key:crowded", charge)).Outcome.ShouldBe(Outcome.Unavailable);
    }

    [Fact]
    public async Task A_store_that_goes_away_while_a_partition_is_crowded_is_an_outage_for_that_one_too()
    {
        await using var limiter = Limiter();
        var charge = Given.Charge(Given.Hourly(100));
        _ledger.DefectOf = partition => partition == "key:crowded" ? new LedgerContendedException("Others write it.") : null;
        (await Ask(limiter, "key:crowded", charge)).Outcome.ShouldBe(Outcome.Unavailable);
        _ledger.IsAway = true;
        await UntilAsync(() => limiter.Outage is not null, () => _ = Ask(limiter, "key:k1", charge));
        for (var i = 0; i < 60; i++)
            await PassAsync(0.1);

        (await Ask(limiter, "key:crowded", charge)).Outcome.ShouldBe(Outcome.Admitted);
    }

    [Fact]
    public async Task A_store_that_asks_to_be_left_alone_is_left_alone()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter();
        var charge = Given.Charge(Given.Hourly(100));
        await Ask(limiter, "key:k0", charge);
        _ledger.DefectOf = partition => partition == "key:throttled"
            ? new LedgerUnavailableException("Busy.") { RetryAfter = TimeSpan.FromSeconds(10) }
            : null;
        _ = Ask(limiter, "key:throttled", charge);

        for (var i = 0; i < 99; i++)
            await PassAsync(0.1);
        _ledger.CountOf("key:throttled").ShouldBe(1);
        for (var i = 0; i < 10; i++)
            await PassAsync(0.1);
        _ledger.CountOf("key:throttled").ShouldBe(2);
    }

    [Fact]
    public async Task Repeated_attempts_do_not_double_the_load_on_a_ledger_that_throttles()
    {
        await _thread.SwitchAsync();
        const int partitions = 500;
        await using var limiter = Limiter();
        var charge = Given.Charge(Given.Hourly(100));
        _ledger.DefectOf = partition => partition.StartsWith("key:k", StringComparison.Ordinal) ? new LedgerUnavailableException("Busy.") : null;

        var since = _time.Now;
        for (var i = 0; i < partitions; i++)
        {
            _ = Ask(limiter, $"key:k{i}", charge);
            await Ask(limiter, $"key:fine{i}", charge);
            await PassAsync(0.02);
        }
        limiter.Outage.ShouldBeNull();
        // Each of the others has two first attempts: it asks and gives back.
        var allowed = 3 * partitions + RepeatBudget.Most + (int)Math.Ceiling((_time.Now - since).TotalSeconds * RepeatBudget.PerSecond);
        Enumerable.Range(0, partitions).Sum(i => _ledger.CountOf($"key:k{i}")).ShouldBeLessThanOrEqualTo(allowed + partitions);
        limiter.LedgerFigures.Failed.ShouldBeGreaterThan(partitions);
    }

    [Fact]
    public async Task After_an_outage_what_was_admitted_alone_is_counted_once_for_every_partition_without_a_rush()
    {
        await _thread.SwitchAsync();
        const int partitions = 300;
        await using var limiter = Limiter();
        var charge = Given.Charge(Given.Hourly(100), Given.Sliding(50));
        _ledger.IsAway = true;
        await UntilAsync(() => limiter.Outage is not null, () => _ = Ask(limiter, "key:k0", charge));
        for (var round = 0; round < 3; round++)
            for (var i = 1; i < partitions; i++)
                (await Ask(limiter, $"key:k{i}", charge)).Outcome.ShouldBe(Outcome.Admitted);

        _ledger.IsAway = false;
        var before = _ledger.MostInFlight;
        await UntilAsync(() => limiter.Outage is null);
        for (var i = 0; i < 300; i++)
            await PassAsync(0.02);
        _ledger.MostInFlight.ShouldBeLessThanOrEqualTo(Math.Max(before, new LimiterOptions().MostOperationsInFlight));
        limiter.LedgerFigures.Waiting.ShouldBe(0);

        for (var i = 1; i < partitions; i++)
        {
            var left = await LeftAsync($"key:k{i}", charge);
            // The pool may be behind.
            for (var passed = 0; passed < 100 && left != (97, 47); passed++)
            {
                await PassAsync(0.25);
                left = await LeftAsync($"key:k{i}", charge);
            }
            left.ShouldBe((97, 47), $"partition {i}");
        }
    }

    [Fact]
    public async Task The_return_of_the_ledger_is_noticed_though_nobody_asks_any_more()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter(WhenLedgerUnavailable.Deny);
        _ledger.IsAway = true;
        await UntilAsync(() => limiter.Outage is not null, () => _ = Ask(limiter, "key:k1", Given.Charge(Given.Hourly(100))));
        // Longer than an operation may be repeated.
        for (var i = 0; i < 600; i++)
            await PassAsync(1);
        limiter.LedgerFigures.Waiting.ShouldBe(0);
        limiter.Outage.ShouldNotBeNull();

        _ledger.IsAway = false;
        await UntilAsync(() => limiter.Outage is null);
    }

    [Fact]
    public async Task The_return_of_the_ledger_is_noticed_by_a_clock_that_was_set_back_too()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter();
        _time.SetClock(TimeSpan.FromHours(-1));
        _ledger.IsAway = true;
        await UntilAsync(() => limiter.Outage is not null, () => _ = Ask(limiter, "key:k1", Given.Charge(Given.Hourly(100))));

        _ledger.IsAway = false;
        await UntilAsync(() => limiter.Outage is null);
    }

    [Fact]
    public async Task An_operation_in_flight_when_the_instance_stops_is_followed_by_a_farewell()
    {
        await _thread.SwitchAsync();
        var limiter = Limiter();
        var charge = Given.Charge(Given.Hourly(1_000));
        for (var i = 0; i < 20; i++)
            await Ask(limiter, "key:k1", charge);
        var gate = _ledger.Hold();
        var admitted = 20;
        while (limiter.LedgerFigures.InFlight == 0)
        {
            (await Ask(limiter, "key:k1", charge)).Outcome.ShouldBe(Outcome.Admitted);
            admitted++;
        }

        var stopping = limiter.DisposeAsync().AsTask();
        await PassAsync(0.5);
        stopping.IsCompleted.ShouldBeFalse();
        gate.SetResult();
        await stopping.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        await using var other = Limiter();
        (await other.PeekAsync("key:k1", charge, TestContext.Current.CancellationToken))[0].Remaining.ShouldBe(1_000 - admitted);
    }

    [Fact]
    public async Task Stopping_takes_5_seconds_at_most_though_the_ledger_hangs()
    {
        await _thread.SwitchAsync();
        var limiter = Limiter();
        _ = _ledger.Hold();
        var waiting = Ask(limiter, "key:k1", Given.Charge(Given.Hourly(10)));

        var stopping = limiter.DisposeAsync().AsTask();
        for (var i = 0; i < 51; i++)
            await PassAsync(0.1);
        await stopping.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        // What it would admit alone now could never be charged for.
        (await waiting).Outcome.ShouldBe(Outcome.Unavailable);
    }

    private QuotaLimiter Limiter(WhenLedgerUnavailable when = WhenLedgerUnavailable.Admit) =>
        new(_ledger, new() { WhenLedgerUnavailable = when }, _time);

    private static Task<Decision> Ask(QuotaLimiter limiter, string partition, Charge charge) =>
        limiter.AcquireAsync(partition, charge, TestContext.Current.CancellationToken).AsTask();

    /// <summary>What the ledger has left of a charge's two policies.</summary>
    private async Task<(int, int)> LeftAsync(string partition, Charge charge)
    {
        await using var stranger = Limiter();
        var seen = await stranger.PeekAsync(partition, charge, TestContext.Current.CancellationToken);
        return (seen[0].Remaining, seen[1].Remaining);
    }

    private async Task UntilAsync(Func<bool> holds, Action? again = null)
    {
        for (var i = 0; i < 2_000 && !holds(); i++)
        {
            again?.Invoke();
            await PassAsync(0.05);
        }
        holds().ShouldBeTrue();
    }

    /// <summary>Lets time pass, and the pool do what follows.</summary>
    private async Task PassAsync(double seconds)
    {
        _time.Advance(seconds);
        await _thread.SettleAsync();
    }
}

using FunctionsApi.Quotas.Limiting;
using Shouldly;
using Xunit;

namespace FunctionsApi.Quotas.Tests.Limiting;

public sealed class CorrectedClockTests
{
    private readonly ManualTime _time = new();
    private readonly CorrectedClock _clock;
    private Instant _truth;

    public CorrectedClockTests()
    {
        // The machine's UTC is a minute ahead of the store's.
        _truth = _time.Now - TimeSpan.FromMinutes(1);
        _clock = new(_time);
    }

    [Fact]
    public void Without_a_store_it_follows_the_machine_and_never_runs_backwards()
    {
        _time.SetClock(TimeSpan.FromSeconds(5));
        _clock.Synchronise();
        _clock.Now.ShouldBe(_time.Now);
        var before = _clock.Now;
        _time.SetClock(TimeSpan.FromHours(-1));
        _clock.Synchronise();
        _clock.Now.ShouldBe(before);
    }

    [Fact]
    public void A_store_that_tells_its_time_exactly_is_followed_to_the_point_and_a_clock_that_is_off_is_reported_once()
    {
        List<TimeSpan> off = [];
        _clock.FoundOff = off.Add;
        for (var i = 0; i < 3; i++)
        {
            Pass(0.5);
            Sample(TimeSpan.Zero, TimeSpan.Zero);
            (_clock.Now - _truth).Duration().ShouldBeLessThan(TimeSpan.FromMilliseconds(1));
        }
        off.Single().TotalSeconds.ShouldBe(60, 0.01);
    }

    [Fact]
    public void Whole_seconds_from_far_away_narrow_to_some_milliseconds_and_the_truth_is_always_within()
    {
        var random = new Random(1);
        for (var i = 0; i < 200; i++)
        {
            Pass(random.NextDouble());
            Sample(TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(5 + 40 * random.NextDouble()));
            for (var step = 0; step < 5; step++)
            {
                _clock.Synchronise();
                _clock.Now.ShouldBeLessThanOrEqualTo(_truth);
                (_clock.Now + _clock.Uncertainty).ShouldBeGreaterThanOrEqualTo(_truth);
                Pass(0.05);
            }
        }
        _clock.Uncertainty.ShouldBeLessThan(TimeSpan.FromMilliseconds(60));
    }

    [Theory]
    [InlineData(3600)]
    [InlineData(-3600)]
    [InlineData(2)]
    public void A_machine_whose_time_jumps_dates_nothing_by_it_and_is_in_doubt_until_the_store_tells_again(int seconds)
    {
        Sample(TimeSpan.Zero, TimeSpan.Zero);
        var doubted = 0;
        _clock.Doubted = () => doubted++;
        _time.SetClock(TimeSpan.FromSeconds(seconds));
        _clock.Synchronise();
        _clock.Synchronise();

        (_clock.IsInDoubt, doubted).ShouldBe((true, 1));
        (_clock.Now - _truth).Duration().ShouldBeLessThan(TimeSpan.FromMilliseconds(1));
        Sample(TimeSpan.Zero, TimeSpan.Zero);
        _clock.IsInDoubt.ShouldBeFalse();
        (_clock.Now - _truth).Duration().ShouldBeLessThan(TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public async Task A_limiter_admits_nothing_that_it_cannot_date()
    {
        await using var limiter = new QuotaLimiter(new InMemoryLedger(), new(), _time, _clock);
        Sample(TimeSpan.Zero, TimeSpan.Zero);
        var charge = Given.Charge(Given.Hourly(100));
        (await limiter.AcquireAsync("key:k", charge, TestContext.Current.CancellationToken)).Outcome.ShouldBe(Outcome.Admitted);
        _time.SetClock(TimeSpan.FromHours(1));
        Pass(0.3);

        var unavailable = await limiter.AcquireAsync("key:k", charge, TestContext.Current.CancellationToken);
        (unavailable.Outcome, unavailable.RetryAfterSeconds).ShouldBe((Outcome.Unavailable, 1));
        Sample(TimeSpan.Zero, TimeSpan.Zero);
        (await limiter.AcquireAsync("key:k", charge, TestContext.Current.CancellationToken)).Outcome.ShouldBe(Outcome.Admitted);
    }

    [Fact]
    public async Task Who_waits_while_the_time_is_not_known_is_told_to_come_again_and_not_that_he_is_over_a_limit()
    {
        using var thread = new OneThread();
        await thread.SwitchAsync();
        var ledger = new ScriptedLedger();
        await using var limiter = new QuotaLimiter(ledger, new(), _time, _clock);
        Sample(TimeSpan.Zero, TimeSpan.Zero);
        var answer = ledger.Hold();
        var waiting = limiter.AcquireAsync("key:k", Given.Charge(Given.Hourly(100)), TestContext.Current.CancellationToken).AsTask();
        _time.SetClock(TimeSpan.FromHours(1));
        Pass(0.3);
        answer.SetResult();
        await thread.SettleAsync();

        var told = await waiting;
        (told.Outcome, told.RetryAfterSeconds).ShouldBe((Outcome.Unavailable, 1));
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(0.9)]
    [InlineData(30)]
    public void From_the_first_word_of_a_store_on_it_is_ahead_of_nobody_however_little_the_machine_is(double ahead)
    {
        var clock = new CorrectedClock(_time);
        _truth = _time.Now - TimeSpan.FromSeconds(ahead);
        clock.Observe(new(_truth, _truth, _time.GetTimestamp(), _time.GetTimestamp()));
        clock.Now.ShouldBe(_truth);
    }

    [Fact]
    public async Task A_permit_that_was_spent_by_a_clock_that_was_behind_is_no_older_when_it_is_put_right()
    {
        using var thread = new OneThread();
        await thread.SwitchAsync();
        var ledger = new ScriptedLedger();
        await using var limiter = new QuotaLimiter(ledger, new(), _time, _clock);
        var charge = Given.Charge(Given.Sliding(100));
        Pass(0.6);
        Sample(TimeSpan.FromSeconds(1), TimeSpan.Zero);
        (_truth - _clock.Now).TotalSeconds.ShouldBe(0.6, 0.01);
        await limiter.AcquireAsync("key:k", charge, TestContext.Current.CancellationToken);
        Sample(TimeSpan.Zero, TimeSpan.Zero);
        Pass(0.5);
        for (var i = 0; i < 10; i++)
            await limiter.AcquireAsync("key:k", charge, TestContext.Current.CancellationToken);

        ledger.Operations.SelectMany(operation => operation.Policies[0].Spent).First().Ago.TotalSeconds.ShouldBe(0.5, 0.02);
    }

    [Fact]
    public async Task What_is_in_hand_of_a_window_is_not_spent_once_it_may_be_over()
    {
        using var thread = new OneThread();
        await thread.SwitchAsync();
        await using var limiter = new QuotaLimiter(new InMemoryLedger(), new(), _time, _clock);
        var charge = Given.Charge(Given.Hourly(1_000));
        // Half a second behind, and it knows no more than that it is less than a second.
        Pass(0.5);
        Sample(TimeSpan.FromSeconds(1), TimeSpan.Zero);
        Pass(58.8);
        await limiter.AcquireAsync("key:k", charge, TestContext.Current.CancellationToken);
        limiter.TryAcquire("key:k", charge, out _).ShouldBeTrue();

        Pass(0.8);
        _truth.ShouldBeGreaterThan(Instant.From(new(2026, 3, 1, 14, 0, 0, TimeSpan.Zero)));
        _clock.Now.ShouldBeLessThan(Instant.From(new(2026, 3, 1, 14, 0, 0, TimeSpan.Zero)));
        limiter.TryAcquire("key:k", charge, out _).ShouldBeFalse();
        (await limiter.AcquireAsync("key:k", charge, TestContext.Current.CancellationToken)).Outcome.ShouldBe(Outcome.Admitted);
    }

    private void Pass(double seconds)
    {
        _time.Advance(seconds);
        _truth += TimeSpan.FromSeconds(seconds);
    }

    /// <summary>Asks the store, which looks at its clock in the middle of the way.</summary>
    private void Sample(TimeSpan resolution, TimeSpan latency)
    {
        var sent = _time.GetTimestamp();
        Pass(latency.TotalSeconds / 2);
        var told = resolution == TimeSpan.Zero ? _truth : new(_truth.Ticks - _truth.Ticks % resolution.Ticks);
        Pass(latency.TotalSeconds / 2);
        _clock.Observe(new(told, told + resolution, sent, _time.GetTimestamp()));
    }
}

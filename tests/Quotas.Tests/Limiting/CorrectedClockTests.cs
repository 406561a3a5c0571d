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
    public void A_store_that_tells_its_time_exactly_is_followed_to_the_point_and_whoever_is_off_hears_of_it_once()
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

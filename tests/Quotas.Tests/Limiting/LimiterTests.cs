using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using Shouldly;
using Xunit;

namespace FunctionsApi.Quotas.Tests.Limiting;

public sealed class LimiterTests : IAsyncDisposable
{
    private readonly ManualTime _time = new();
    private readonly QuotaLimiter _limiter;

    public LimiterTests() => _limiter = new(new InMemoryLedger(), new(), _time);

    public ValueTask DisposeAsync() => _limiter.DisposeAsync();

    [Fact]
    public async Task The_last_permit_of_a_sliding_window_is_admitted_and_the_one_after_it_is_not()
    {
        var charge = Given.Charge(Given.Sliding(120));

        for (var i = 1; i <= 120; i++)
        {
            var decision = await Acquire(charge);
            decision.Outcome.ShouldBe(Outcome.Admitted);
            decision[0].Remaining.ShouldBe(120 - i);
        }

        _time.Advance(26);
        var refused = await Acquire(charge);
        refused.Outcome.ShouldBe(Outcome.Refused);
        refused.RetryAfterSeconds.ShouldBe(34);
        refused[0].Remaining.ShouldBe(0);
    }

    [Fact]
    public async Task A_refused_caller_is_admitted_after_its_retry_after()
    {
        var charge = Given.Charge(Given.Sliding(5));
        for (var i = 0; i < 5; i++)
        {
            await Acquire(charge);
            _time.Advance(3.3);
        }

        for (var round = 0; round < 8; round++)
        {
            var refused = await Acquire(charge);
            refused.Outcome.ShouldBe(Outcome.Refused);
            refused.RetryAfterSeconds.ShouldBeInRange(1, 60);
            _time.Advance(refused.RetryAfterSeconds);
            (await Acquire(charge)).Outcome.ShouldBe(Outcome.Admitted);
        }
    }

    [Fact]
    public async Task A_permit_is_there_again_when_reset_says_although_the_ledger_never_heard_when_it_was_spent()
    {
        var charge = Given.Charge(Given.Sliding(1));
        _time.Advance(0.25);
        await Acquire(charge);
        _time.Advance(0.25);
        var refused = await Acquire(charge);
        refused.Outcome.ShouldBe(Outcome.Refused);

        _time.Advance(refused.RetryAfterSeconds);
        (await Acquire(charge)).Outcome.ShouldBe(Outcome.Admitted);
    }

    [Theory]
    [InlineData(Algorithm.SlidingWindow)]
    [InlineData(Algorithm.FixedWindow)]
    public async Task Who_only_looks_sees_permits_come_back(Algorithm algorithm)
    {
        var charge = Given.Charge(Given.Sliding(3) with { Algorithm = algorithm });
        await Acquire(charge);
        await Acquire(charge);
        _time.Advance(61);

        var looked = await _limiter.PeekAsync("user:u1", charge, TestContext.Current.CancellationToken);

        looked[0].Remaining.ShouldBe(3);
        looked[0].Reset.ShouldBeGreaterThanOrEqualTo(_limiter.Now);
    }

    [Fact]
    public async Task Twice_the_hourly_limit_passes_within_ten_seconds_of_the_first_request_beyond_it()
    {
        var charge = Given.Charge(Given.Hourly(1000, Given.TwiceForTenSeconds));
        var admitted = 0;
        for (var i = 0; i < 2100; i++)
            admitted += (await Acquire(charge)).Outcome == Outcome.Admitted ? 1 : 0;

        admitted.ShouldBe(2000);
        (await Acquire(charge)).RetryAfterSeconds.ShouldBe(3600);
    }

    [Fact]
    public async Task A_burst_closes_after_ten_seconds_and_does_not_open_again_in_that_hour()
    {
        var charge = Given.Charge(Given.Hourly(100, Given.TwiceForTenSeconds));
        for (var i = 0; i < 110; i++)
            (await Acquire(charge)).Outcome.ShouldBe(Outcome.Admitted);

        _time.Advance(10);
        (await Acquire(charge)).Outcome.ShouldBe(Outcome.Refused);
        _time.Advance(3000);
        (await Acquire(charge)).Outcome.ShouldBe(Outcome.Refused);
        _time.Advance(600);
        (await Acquire(charge)).Outcome.ShouldBe(Outcome.Admitted);
    }

    [Fact]
    public async Task A_request_refused_by_one_policy_is_charged_to_none()
    {
        var hourly = Given.Hourly(100);
        var set = new PolicySet([hourly, Given.Concurrency(1)]);
        var charge = new Charge(set, [new(0, 1), new(1, 1)]);

        var running = await Acquire(charge);
        var refused = await Acquire(charge);
        refused.Outcome.ShouldBe(Outcome.Refused);
        refused.Binding.ShouldBe(1);
        refused.RetryAfterSeconds.ShouldBe(1);
        refused[0].Remaining.ShouldBe(99);

        running.Release();
        var again = await Acquire(charge);
        again.Outcome.ShouldBe(Outcome.Admitted);
        again[0].Remaining.ShouldBe(98);
    }

    [Fact]
    public async Task A_request_that_no_window_could_ever_admit_exceeds_the_limit()
    {
        var charge = Given.Charge(Given.Sliding(10)).Times(11);

        (await Acquire(charge)).Outcome.ShouldBe(Outcome.ExceedsLimit);
        (await Acquire(Given.Charge(Given.Sliding(10)).Times(10))).Outcome.ShouldBe(Outcome.Admitted);
    }

    [Fact]
    public async Task A_shadow_policy_reports_whom_it_would_have_refused_and_refuses_nobody()
    {
        var charge = Given.Charge(Given.Sliding(2) with { Shadow = true }, Given.Hourly(100));

        (await Acquire(charge)).ShadowRefusals.ShouldBe((byte)0);
        (await Acquire(charge)).ShadowRefusals.ShouldBe((byte)0);
        var third = await Acquire(charge);
        third.Outcome.ShouldBe(Outcome.Admitted);
        third.IsShadowRefused(0).ShouldBeTrue();
        third.Binding.ShouldBe(1);
    }

    [Fact]
    public async Task While_a_burst_is_open_the_figures_show_what_it_still_allows()
    {
        var charge = Given.Charge(Given.Hourly(1000, Given.TwiceForTenSeconds));
        for (var i = 0; i < 1000; i++)
            await Acquire(charge);

        (await Acquire(charge))[0].Remaining.ShouldBe(999);
        (await Acquire(charge))[0].Remaining.ShouldBe(998);
        var refused = await Acquire(charge.Times(999));
        (refused.Outcome, refused[0].Remaining).ShouldBe((Outcome.Refused, 998));
        _time.Advance(11);
        (await Acquire(charge))[0].Remaining.ShouldBe(0);
    }

    [Theory]
    [InlineData(Algorithm.FixedWindow)]
    [InlineData(Algorithm.SlidingWindow)]
    [InlineData(Algorithm.Concurrency)]
    public async Task A_limit_of_0_refuses_everything(Algorithm algorithm)
    {
        var policy = algorithm == Algorithm.Concurrency ? Given.Concurrency(0) : Given.Sliding(0) with { Algorithm = algorithm };

        var refused = await Acquire(Given.Charge(policy));
        refused.Outcome.ShouldBe(Outcome.Refused);
        refused[0].Remaining.ShouldBe(0);
        refused.RetryAfterSeconds.ShouldBeInRange(1, 60);
    }

    private ValueTask<Decision> Acquire(Charge charge) =>
        _limiter.AcquireAsync("user:u1", charge, TestContext.Current.CancellationToken);
}

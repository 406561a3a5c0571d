using FsCheck;
using FsCheck.Fluent;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using Shouldly;
using Xunit;
using Outcome = FunctionsApi.Quotas.Limiting.Outcome;

namespace FunctionsApi.Quotas.Tests.Limiting;

/// <summary>Permits that are given back although they were spent: the backend failed, and the caller got nothing for them.</summary>
public sealed class RefundTests
{
    private readonly ManualTime _time = new();
    private readonly InMemoryLedger _ledger = new();

    public static TheoryData<Policy> Windows => [Given.Sliding(10), Given.Hourly(10)];

    [Theory]
    [MemberData(nameof(Windows))]
    public async Task Another_instance_can_sell_what_one_has_given_back(Policy policy)
    {
        var charge = Given.Charge(policy);
        await using QuotaLimiter one = Limiter(), other = Limiter();
        var admitted = await AdmitAsync(one, charge, 10);
        _time.Advance(TimeSpan.FromSeconds(5));
        (await AskAsync(other, charge)).Outcome.ShouldBe(Outcome.Refused);

        for (var i = 0; i < 4; i++)
            one.Refund("user:u1", ref admitted[i]).ShouldBeTrue();
        for (var i = 0; i < 20; i++)
            _time.Advance(TimeSpan.FromMilliseconds(250));

        (await AdmitAsync(other, charge, 4)).Length.ShouldBe(4);
        (await AskAsync(other, charge)).Outcome.ShouldBe(Outcome.Refused);
        (await AskAsync(one, charge)).Outcome.ShouldBe(Outcome.Refused);
    }

    [Theory]
    [MemberData(nameof(Windows))]
    public async Task An_instance_that_gives_back_can_sell_it_again_at_once(Policy policy)
    {
        var charge = Given.Charge(policy);
        await using var limiter = Limiter();
        var admitted = await AdmitAsync(limiter, charge, 10);

        limiter.Refund("user:u1", ref admitted[3]).ShouldBeTrue();

        (await limiter.PeekAsync("user:u1", charge, TestContext.Current.CancellationToken))[0].Remaining.ShouldBe(1);
        (await AskAsync(limiter, charge)).Outcome.ShouldBe(Outcome.Admitted);
        (await AskAsync(limiter, charge)).Outcome.ShouldBe(Outcome.Refused);
    }

    [Theory]
    [MemberData(nameof(Windows))]
    public async Task What_was_given_back_is_not_given_back_again(Policy policy)
    {
        var charge = Given.Charge(policy);
        await using var limiter = Limiter();
        var admitted = await AdmitAsync(limiter, charge, 10);

        limiter.Refund("user:u1", ref admitted[3]).ShouldBeTrue();
        limiter.Refund("user:u1", ref admitted[3]).ShouldBeFalse();

        (await AdmitAsync(limiter, charge, 1)).Length.ShouldBe(1);
        (await AskAsync(limiter, charge)).Outcome.ShouldBe(Outcome.Refused);
    }

    [Theory]
    [MemberData(nameof(Windows))]
    public async Task A_window_that_is_over_gets_nothing_back(Policy policy)
    {
        var charge = Given.Charge(policy);
        await using var limiter = Limiter();
        var admitted = await AdmitAsync(limiter, charge, 1);
        _time.Advance(policy.Window);
        await AdmitAsync(limiter, charge, 10);

        limiter.Refund("user:u1", ref admitted[0]).ShouldBeFalse();

        (await AskAsync(limiter, charge)).Outcome.ShouldBe(Outcome.Refused);
    }

    [Fact]
    public async Task What_leaves_the_window_before_it_is_told_takes_nothing_with_it_that_was_given_back_of_later_requests()
    {
        var charge = Given.Charge(Given.Sliding(10));
        await using QuotaLimiter one = Limiter(), other = Limiter();
        var old = await AdmitAsync(one, charge, 5);
        _time.Advance(TimeSpan.FromSeconds(59.4));
        var young = await AdmitAsync(one, charge, 5);
        one.Refund("user:u1", ref old[0]).ShouldBeTrue();
        for (var i = 0; i < 4; i++)
            one.Refund("user:u1", ref young[i]).ShouldBeTrue();

        for (var i = 0; i < 10; i++)
            _time.Advance(TimeSpan.FromMilliseconds(250));

        (await one.PeekAsync("user:u1", charge, TestContext.Current.CancellationToken))[0].Remaining.ShouldBe(9);
        (await AdmitAsync(other, charge, 9)).Length.ShouldBe(9);
        (await AskAsync(other, charge)).Outcome.ShouldBe(Outcome.Refused);
    }

    [Theory]
    [MemberData(nameof(Windows))]
    public async Task Credits_that_were_not_spent_can_be_sold_again_and_the_request_stays_counted(Policy policy)
    {
        var requests = Given.Hourly(100) with { Name = "requests" };
        var charge = Given.Charge(requests, policy with { Name = "credits", CountsCredits = true }).Times(1, credits: 8);
        await using QuotaLimiter one = Limiter(), other = Limiter();
        var admitted = await AskAsync(one, charge);

        one.RefundCredits("user:u1", admitted, 5).ShouldBeTrue();

        var now = await one.PeekAsync("user:u1", charge, TestContext.Current.CancellationToken);
        (now[0].Remaining, now[1].Remaining).ShouldBe((99, 7));
        for (var i = 0; i < 20; i++)
            _time.Advance(TimeSpan.FromMilliseconds(250));
        (await AskAsync(other, charge.Times(1, credits: 7))).Outcome.ShouldBe(Outcome.Admitted);
        (await AskAsync(other, charge.Times(1, credits: 1))).Outcome.ShouldBe(Outcome.Refused);
    }

    [Fact]
    public async Task Without_a_policy_that_counts_them_no_credits_are_given_back()
    {
        await using var limiter = Limiter();
        var admitted = await AskAsync(limiter, Given.Charge(Given.Sliding(10)));

        limiter.RefundCredits("user:u1", admitted, 1).ShouldBeFalse();
    }

    [Fact]
    public async Task What_was_refused_gives_nothing_back()
    {
        var charge = Given.Charge(Given.Sliding(1));
        await using var limiter = Limiter();
        await AdmitAsync(limiter, charge, 1);
        var refused = await AskAsync(limiter, charge);

        limiter.Refund("user:u1", ref refused).ShouldBeFalse();
    }

    [Fact]
    public void No_sixty_seconds_ever_see_more_than_the_limit_of_what_was_not_given_back() => Check(Given.Charge(Given.Sliding(20)), static (kept, at) =>
        kept.Count(earlier => earlier > at - TimeSpan.FromSeconds(60)).ShouldBeLessThanOrEqualTo(20));

    [Fact]
    public void No_window_ever_sees_more_than_the_limit_of_what_was_not_given_back() => Check(Given.Charge(Given.Hourly(20) with { Window = TimeSpan.FromMinutes(1) }), static (kept, at) =>
        kept.Count(earlier => earlier.Ticks / TimeSpan.TicksPerMinute == at.Ticks / TimeSpan.TicksPerMinute).ShouldBeLessThanOrEqualTo(20));

    [Fact]
    public void Of_one_instance_that_is_full_each_refund_is_worth_one_request() => Prop
        .ForAll(Gen.Choose(1, 20).ToArbitrary(), Gen.Choose(0, 50_000).ToArbitrary(), (refunds, pauseMs) =>
        {
            var (time, charge) = (new ManualTime(), Given.Charge(Given.Sliding(20)));
            var limiter = new QuotaLimiter(new InMemoryLedger(), new(), time);
            var admitted = Enumerable.Range(0, 20).Select(_ => Now(limiter.AcquireAsync("user:u1", charge))).ToArray();
            time.Advance(TimeSpan.FromMilliseconds(pauseMs));
            for (var i = 0; i < refunds; i++)
                limiter.Refund("user:u1", ref admitted[i]).ShouldBeTrue();
            Enumerable.Range(0, 30).Count(_ => Now(limiter.AcquireAsync("user:u1", charge)).Outcome == Outcome.Admitted).ShouldBe(refunds);
        })
        .Check(Config.QuickThrowOnFailure.WithMaxTest(100));

    /// <summary>Asks and gives back at any times, over three instances, and looks at all that was admitted and kept whenever one more is.</summary>
    private static void Check(Charge charge, Action<List<Instant>, Instant> holds) => Prop
        .ForAll(Steps.ToArbitrary(), steps =>
        {
            var (time, ledger) = (new ManualTime(), new InMemoryLedger());
            var limiters = Enumerable.Range(0, 3).Select(_ => new QuotaLimiter(ledger, new(), time)).ToList();
            var admitted = new List<(Decision Decision, int Instance, Instant At)>();
            foreach (var (count, pauseMs, refunds) in steps)
            {
                time.Advance(TimeSpan.FromMilliseconds(pauseMs));
                for (var i = 0; i < refunds && admitted.Count > 0; i++)
                    Refund(limiters, admitted, (refunds * 31 + i * 17) % admitted.Count);
                for (var i = 0; i < count; i++)
                {
                    var decision = Now(limiters[(count + i) % 3].AcquireAsync("user:u1", charge));
                    if (decision.Outcome != Outcome.Admitted)
                        continue;
                    admitted.Add((decision, (count + i) % 3, time.Now));
                    holds([.. admitted.Select(it => it.At)], time.Now);
                }
            }
        })
        .Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    // What was given back is as if it had never been.
    private static void Refund(List<QuotaLimiter> limiters, List<(Decision Decision, int Instance, Instant At)> admitted, int place)
    {
        var (decision, instance, _) = admitted[place];
        if (limiters[instance].Refund("user:u1", ref decision))
            admitted.RemoveAt(place);
    }

    private static Gen<(int Count, int PauseMs, int Refunds)[]> Steps { get; } =
        from length in Gen.Choose(1, 60)
        from steps in (
            from count in Gen.Choose(0, 9)
            from pause in Gen.Frequency((6, Gen.Choose(0, 900)), (3, Gen.Choose(900, 6_000)), (1, Gen.Choose(6_000, 70_000)))
            from refunds in Gen.Frequency((2, Gen.Constant(0)), (1, Gen.Choose(1, 5)))
            select (count, pause, refunds)).ArrayOf(length)
        select steps;

    private static Decision Now(ValueTask<Decision> decision) => decision.AsTask().GetAwaiter().GetResult();

    private QuotaLimiter Limiter() => new(_ledger, new(), _time);

    private static ValueTask<Decision> AskAsync(QuotaLimiter limiter, Charge charge) => limiter.AcquireAsync("user:u1", charge);

    private static async Task<Decision[]> AdmitAsync(QuotaLimiter limiter, Charge charge, int count)
    {
        var admitted = new Decision[count];
        for (var i = 0; i < count; i++)
        {
            admitted[i] = await AskAsync(limiter, charge);
            admitted[i].Outcome.ShouldBe(Outcome.Admitted);
        }

        return admitted;
    }
}

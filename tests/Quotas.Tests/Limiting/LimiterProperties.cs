using FsCheck;
using FsCheck.Fluent;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using Shouldly;
using Xunit;
using Outcome = FunctionsApi.Quotas.Limiting.Outcome;

namespace FunctionsApi.Quotas.Tests.Limiting;

/// <summary>Any run of requests at any times, over several instances that share a ledger, against a plain list of what was admitted.</summary>
public sealed class LimiterProperties
{
    [Fact]
    public void No_sixty_seconds_ever_see_more_than_a_sliding_limit() => Check(instances: 3, Given.Charge(Given.Sliding(40)), run =>
    {
        foreach (var first in run.Admitted)
            run.Admitted.Count(at => at >= first && at < first + TimeSpan.FromSeconds(60)).ShouldBeLessThanOrEqualTo(40);
    });

    [Fact]
    public void No_hour_ever_sees_more_than_a_fixed_limit() => Check(instances: 3, Given.Charge(Given.Hourly(60) with { Window = TimeSpan.FromMinutes(1) }), run =>
        run.Admitted.GroupBy(at => at.Ticks / TimeSpan.TicksPerMinute).ShouldAllBe(window => window.Count() <= 60));

    [Fact]
    public void A_burst_admits_beyond_the_limit_for_its_length_only() => Check(instances: 2, Given.Charge(Given.Hourly(20, Given.TwiceForTenSeconds) with { Window = TimeSpan.FromMinutes(1) }), run =>
    {
        foreach (var window in run.Admitted.GroupBy(at => at.Ticks / TimeSpan.TicksPerMinute).Select(window => window.Order().ToList()))
        {
            window.Count.ShouldBeLessThanOrEqualTo(40);
            window.Skip(20).ShouldAllBe(at => at < window[20] + TimeSpan.FromSeconds(10));
        }
    });

    [Fact]
    public void One_instance_decides_as_the_plain_list_does_but_for_a_bucket_of_a_second() => Check(instances: 1, Given.Charge(Given.Sliding(25)), run =>
    {
        var admitted = new List<Instant>();
        foreach (var (decision, at) in run.Decisions)
        {
            var certainlyUsed = admitted.Count(earlier => earlier > at - TimeSpan.FromSeconds(60));
            var possiblyUsed = admitted.Count(earlier => earlier > at - TimeSpan.FromSeconds(61));
            if (decision.Outcome == Outcome.Admitted)
                certainlyUsed.ShouldBeLessThan(25);
            else
                possiblyUsed.ShouldBeGreaterThanOrEqualTo(25);
            if (decision.Outcome == Outcome.Admitted)
                admitted.Add(at);
            var left = 25 - admitted.Count(earlier => earlier > at - TimeSpan.FromSeconds(60));
            decision[0].Remaining.ShouldBeInRange(Math.Max(0, 25 - admitted.Count(earlier => earlier > at - TimeSpan.FromSeconds(61))), left);
        }
    });

    [Fact]
    public void One_instance_admits_a_fixed_window_to_the_last_permit() => Check(instances: 1, Given.Charge(Given.Hourly(30) with { Window = TimeSpan.FromMinutes(1) }), run =>
    {
        foreach (var window in run.Decisions.GroupBy(decided => decided.At.Ticks / TimeSpan.TicksPerMinute))
        {
            var left = 30;
            foreach (var (decision, at) in window)
            {
                decision.Outcome.ShouldBe(left > 0 ? Outcome.Admitted : Outcome.Refused);
                decision[0].Remaining.ShouldBe(left = Math.Max(0, left - 1));
                decision[0].Reset.ShouldBe(new((at.Ticks / TimeSpan.TicksPerMinute + 1) * TimeSpan.TicksPerMinute));
            }
        }
    });

    [Fact]
    public void Only_refusals_carry_a_retry_after_and_never_a_longer_one_than_the_window() => Check(instances: 3, Given.Charge(Given.Sliding(10), Given.Hourly(500)), run =>
    {
        foreach (var (decision, _) in run.Decisions)
        {
            if (decision.Outcome == Outcome.Refused)
                decision.RetryAfterSeconds.ShouldBeInRange(1, 60);
            else
                decision.RetryAfterSeconds.ShouldBe(0);
            decision[0].Remaining.ShouldBeGreaterThanOrEqualTo(0);
        }
    });

    private static void Check(int instances, Charge charge, Action<Run> property) =>
        Prop.ForAll(Requests.ToArbitrary(), requests => property(Play(instances, charge, requests)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(100));

    private static Run Play(int instances, Charge charge, (int Count, int PauseMs, int Instance)[] requests)
    {
        var time = new ManualTime();
        var ledger = new InMemoryLedger();
        var limiters = Enumerable.Range(0, instances).Select(_ => new QuotaLimiter(ledger, new(), time)).ToList();
        var run = new Run([]);
        foreach (var (count, pauseMs, instance) in requests)
        {
            time.Advance(TimeSpan.FromMilliseconds(pauseMs));
            for (var i = 0; i < count; i++)
                run.Decisions.Add((Now(limiters[(instance + i) % instances].AcquireAsync("user:u1", charge)), time.Now));
        }
        return run;
    }

    // The in-memory ledger answers at once; what a waiter gets is published to the pool and comes a moment later.
    private static Decision Now(ValueTask<Decision> decision) => decision.AsTask().GetAwaiter().GetResult();

    private static Gen<(int Count, int PauseMs, int Instance)[]> Requests { get; } =
        from length in Gen.Choose(1, 60)
        from requests in (
            from count in Gen.Choose(1, 8)
            from pause in Gen.Frequency((6, Gen.Choose(0, 900)), (3, Gen.Choose(900, 6_000)), (1, Gen.Choose(6_000, 70_000)))
            from instance in Gen.Choose(0, 2)
            select (count, pause, instance)).ArrayOf(length)
        select requests;

    private sealed record Run(List<(Decision Decision, Instant At)> Decisions)
    {
        public List<Instant> Admitted =>
            [.. Decisions.Where(decided => decided.Decision.Outcome == Outcome.Admitted).Select(decided => decided.At)];
    }
}

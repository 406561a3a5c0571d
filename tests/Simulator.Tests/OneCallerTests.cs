using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using Shouldly;
using Xunit;

namespace FunctionsApi.Simulator.Tests;

/// <summary>What a caller sees whose requests are served by one instance after the other.</summary>
public sealed class OneCallerTests
{
    [Theory]
    [InlineData(1, 2, 5, 0)]
    [InlineData(1, 2, 5, 100)]
    [InlineData(1, 2, 5, 700)]
    [InlineData(1, 2, 150, 20)]
    [InlineData(1, 16, 10, 0)]
    [InlineData(2, 3, 10, 50)]
    [InlineData(3, 8, 50, 0)]
    [InlineData(10, 12, 5, 50)]
    [InlineData(10, 16, 30, 0)]
    public void A_client_that_sends_one_request_after_the_other_is_never_refused_for_concurrency(
        int limit, int instances, int latencyMs, int pauseMs)
    {
        foreach (var inTurn in (bool[])[true, false])
        {
            var caller = new OneCaller(instances, TimeSpan.FromMilliseconds(latencyMs));
            var (charge, random) = (Charge(Algorithm.Concurrency, limit), new Random(limit));
            for (var i = 0; i < 150; i++)
            {
                var instance = inTurn ? i % instances : random.Next(instances);
                var decision = caller.Ask(instance, charge);
                decision.Outcome.ShouldBe(Outcome.Admitted, $"request {i} at instance {instance}, in turn: {inTurn}");
                caller.Pass(TimeSpan.FromMilliseconds(random.Next(40)));
                caller.Release(instance, decision);
                caller.Pass(TimeSpan.FromMilliseconds(pauseMs));
            }
        }
    }

    [Fact]
    public void A_client_that_stays_at_one_instance_waits_for_no_other_although_the_limit_is_1()
    {
        var caller = new OneCaller(2, TimeSpan.FromMilliseconds(50));
        var charge = Charge(Algorithm.Concurrency, 1);
        caller.Release(0, caller.Ask(0, charge));
        for (var i = 0; i < 20; i++)
        {
            caller.Pass(TimeSpan.FromMilliseconds(100));
            var decision = caller.Ask(0, charge);
            caller.Waited.ShouldBe(TimeSpan.Zero);
            caller.Release(0, decision);
        }
    }

    [Theory]
    [InlineData(1, Algorithm.FixedWindow)]
    [InlineData(2, Algorithm.FixedWindow)]
    [InlineData(3, Algorithm.FixedWindow)]
    [InlineData(8, Algorithm.FixedWindow)]
    [InlineData(16, Algorithm.FixedWindow)]
    [InlineData(2, Algorithm.SlidingWindow)]
    [InlineData(8, Algorithm.SlidingWindow)]
    public void While_permits_are_unsold_nobody_is_told_to_wait_longer_than_2_s_and_the_last_one_is_sold(
        int instances, Algorithm algorithm)
    {
        const int Limit = 1000;
        // Each in turn; or one for a while, and then the others.
        foreach (var first in (int[])[0, 300, 700])
        {
            var caller = new OneCaller(instances, TimeSpan.FromMilliseconds(5));
            var charge = Charge(algorithm, Limit);
            var sold = 0;
            for (var i = 0; sold < Limit; i++)
            {
                var instance = i < first ? 0 : i % instances;
                var decision = caller.Ask(instance, charge);
                if (decision.Outcome == Outcome.Admitted)
                {
                    sold++;
                    caller.Pass(TimeSpan.FromMilliseconds(3));
                    continue;
                }
                decision.RetryAfterSeconds.ShouldBeLessThanOrEqualTo(2, $"{sold} sold, at instance {instance} of {instances}");
                decision[0].Remaining.ShouldBeGreaterThan(0);
                caller.Pass(TimeSpan.FromSeconds(decision.RetryAfterSeconds));
            }
            caller.Ask(0, charge).Outcome.ShouldBe(Outcome.Refused);
        }
    }

    [Fact]
    public void A_refused_caller_who_does_as_told_gets_what_the_instance_that_went_quiet_had()
    {
        var caller = new OneCaller(2, TimeSpan.FromMilliseconds(5));
        var charge = Charge(Algorithm.FixedWindow, 1000);
        for (var i = 0; i < 300; i++)
            caller.Ask(0, charge).Outcome.ShouldBe(Outcome.Admitted);
        var sold = 300;
        while (caller.Ask(1, charge) is { Outcome: Outcome.Admitted })
            sold++;
        caller.Pass(TimeSpan.FromSeconds(2));
        while (caller.Ask(1, charge) is { Outcome: Outcome.Admitted })
            sold++;
        sold.ShouldBe(1000);
    }

    [Theory]
    [InlineData(10_000, 1_900)]
    [InlineData(100_000, 1_900)]
    [InlineData(1_000, 100)]
    public void A_killed_instance_takes_no_more_than_a_fiftieth_of_a_window_with_it(int limit, int perSecond)
    {
        var charge = Charge(Algorithm.FixedWindow, limit);
        foreach (var afterMs in (int[])[500, 1300, 2100])
        {
            var caller = new OneCaller(2, TimeSpan.FromMilliseconds(5));
            var sold = 0;
            for (var ms = 0; ms < afterMs; ms++)
            {
                for (var i = (ms + 1) * perSecond / 1000 - ms * perSecond / 1000; i > 0; i--)
                    sold += caller.Ask(0, charge).Outcome == Outcome.Admitted ? 1 : 0;
                caller.Pass(TimeSpan.FromMilliseconds(1));
            }
            caller.Instances[0].Kill();
            for (var patience = 0; patience < 3;)
                if (caller.Ask(1, charge) is { Outcome: Outcome.Admitted })
                    sold++;
                else
                {
                    patience++;
                    caller.Pass(TimeSpan.FromSeconds(2));
                }
            (limit - sold).ShouldBeInRange(0, Math.Max(8, limit / 50));
        }
    }

    [Theory]
    [InlineData(Algorithm.FixedWindow)]
    [InlineData(Algorithm.SlidingWindow)]
    public void Remaining_never_falls_by_more_than_what_was_spent(Algorithm algorithm)
    {
        var caller = new OneCaller(1, TimeSpan.FromMilliseconds(60));
        var charge = Charge(algorithm, 1000);
        var look = new Charge(charge.Policies, [new(0, 0)]);
        var remaining = 1000;
        for (var i = 0; i < 90; i++)
        {
            var decision = caller.Ask(0, charge);
            decision[0].Remaining.ShouldBe(--remaining);
            caller.Pass(TimeSpan.FromMilliseconds(20));
        }
        for (var i = 0; i < 200; i++)
        {
            caller.Ask(0, look)[0].Remaining.ShouldBe(remaining);
            caller.Pass(TimeSpan.FromMilliseconds(i < 100 ? 20 : 50));
        }
    }

    private static Charge Charge(Algorithm algorithm, int limit) => new(
        new([new()
        {
            Name = "limit",
            Algorithm = algorithm,
            Limit = limit,
            Window = algorithm switch
            {
                Algorithm.FixedWindow => TimeSpan.FromHours(1),
                Algorithm.SlidingWindow => TimeSpan.FromMinutes(5),
                _ => TimeSpan.Zero,
            },
        }]),
        [new(0, 1)]);
}

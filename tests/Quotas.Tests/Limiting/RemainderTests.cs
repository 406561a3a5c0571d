using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using Shouldly;
using Xunit;

namespace FunctionsApi.Quotas.Tests.Limiting;

/// <summary>What headers and alerts say remains never falls by more than what was spent, whatever leases do meanwhile.</summary>
public sealed class RemainderTests : IDisposable
{
    private const int Limit = 1_000;

    private static readonly Policy[] Windows = [Given.Hourly(Limit), Given.Daily(Limit), Given.Sliding(Limit)];

    private readonly OneThread _thread = new();
    private readonly ManualTime _time = new();
    private readonly ScriptedLedger _ledger = new();
    private int _spent;

    public void Dispose() => _thread.Dispose();

    [Fact]
    public async Task While_permits_are_on_their_way_back_they_still_remain()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter();
        await SpendAsync(200, limiter);
        var before = _ledger.Operations.Count;
        var gate = _ledger.Hold();
        try
        {
            await LookAsync(TimeSpan.FromSeconds(1.6), limiter, exactly: true);
            _ledger.Operations[before].Policies.Sum(part => part.Returned).ShouldBeGreaterThan(0);
        }
        finally
        {
            // The limiter would wait for it.
            gate.SetResult();
        }

        await LookAsync(TimeSpan.FromSeconds(3), limiter, exactly: true);
    }

    [Fact]
    public async Task A_ledger_that_loses_the_answer_to_what_came_back_changes_nothing_of_it()
    {
        await _thread.SwitchAsync();
        await using var limiter = Limiter();
        await SpendAsync(200, limiter);
        _ledger.LoseAnswers = 2;

        await LookAsync(TimeSpan.FromSeconds(10), limiter, exactly: true);
    }

    [Fact]
    public async Task Where_two_instances_serve_in_turn_and_go_quiet_no_answer_says_less_than_is_left()
    {
        await _thread.SwitchAsync();
        await using var first = Limiter();
        await using var second = Limiter();

        for (var round = 0; round < 5; round++)
        {
            await SpendAsync(60, first, second);
            await LookAsync(TimeSpan.FromSeconds(3), first);
            await LookAsync(TimeSpan.FromSeconds(3), second);
        }

        // When all is quiet, the instance that spent last knows what is left.
        (await PeekAsync(second, 0)).Remaining.ShouldBe(Limit - _spent);
    }

    private QuotaLimiter Limiter() => new(_ledger, new(), _time);

    /// <summary>Spends 200 a second, one instance after the other, looking at each answer.</summary>
    private async Task SpendAsync(int permits, params QuotaLimiter[] limiters)
    {
        for (var i = 0; i < permits; i++)
        {
            var decision = await limiters[i % limiters.Length].AcquireAsync("key:k1", Given.Charge(Windows), TestContext.Current.CancellationToken);
            decision.Outcome.ShouldBe(Outcome.Admitted);
            _spent++;
            for (var policy = 0; policy < Windows.Length; policy++)
                decision[policy].Remaining.ShouldBeGreaterThanOrEqualTo(Limit - _spent, $"{Windows[policy].Name} after {_spent}");
            _time.Advance(TimeSpan.FromMilliseconds(5));
        }
    }

    /// <summary>Looks every 10 ms at what an instance says is left.</summary>
    /// <param name="length">For how long.</param>
    /// <param name="limiter">The instance.</param>
    /// <param name="exactly">Nobody else spends: it is what was not spent, no less and no more.</param>
    private async Task LookAsync(TimeSpan length, QuotaLimiter limiter, bool exactly = false)
    {
        for (var passed = TimeSpan.Zero; passed < length; passed += TimeSpan.FromMilliseconds(10))
        {
            for (var policy = 0; policy < Windows.Length; policy++)
            {
                var remaining = (await PeekAsync(limiter, policy)).Remaining;
                remaining.ShouldBeGreaterThanOrEqualTo(Limit - _spent, $"{Windows[policy].Name} after {passed}");
                if (exactly)
                    remaining.ShouldBe(Limit - _spent, $"{Windows[policy].Name} after {passed}");
            }

            _time.Advance(TimeSpan.FromMilliseconds(10));
            await _thread.SettleAsync();
        }
    }

    private async Task<PolicyFigures> PeekAsync(QuotaLimiter limiter, int policy) =>
        (await limiter.PeekAsync("key:k1", Given.Charge(Windows), TestContext.Current.CancellationToken))[policy];
}

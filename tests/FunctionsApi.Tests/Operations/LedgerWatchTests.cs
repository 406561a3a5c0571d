using FunctionsApi.Operations;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Telemetry;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Operations;

/// <summary>What an instance remembers of how the ledger was.</summary>
public sealed class LedgerWatchTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Latency_is_that_of_the_last_minute()
    {
        using var metrics = new QuotaMetrics();
        using var latency = new LedgerLatency(metrics, _time);
        latency.Times().ShouldBe(new(0, 0, null, null));
        metrics.LedgerAnswered("apply", "ok", TimeSpan.FromSeconds(2));
        _time.Advance(TimeSpan.FromSeconds(60));
        for (var n = 1; n <= 100; n++)
            metrics.LedgerAnswered("apply", n <= 3 ? "timed_out" : "ok", TimeSpan.FromMilliseconds(n));

        latency.Times().ShouldBe(new(100, 3, 50, 95));
    }

    [Fact]
    public void More_operations_than_are_remembered_leave_the_latest()
    {
        using var metrics = new QuotaMetrics();
        using var latency = new LedgerLatency(metrics, _time);
        for (var n = 0; n < 5000; n++)
            metrics.LedgerAnswered("apply", "ok", TimeSpan.FromMilliseconds(n < 904 ? 1000 : 5));

        latency.Times().ShouldBe(new(4096, 0, 5, 5));
    }

    [Fact]
    public async Task Another_servers_ledger_in_the_process_is_none_of_it()
    {
        using var metrics = new QuotaMetrics();
        using var other = new QuotaMetrics();
        using var latency = new LedgerLatency(metrics, _time);
        await Task.Run(() => other.LedgerAnswered("apply", "ok", TimeSpan.FromSeconds(1)), TestContext.Current.CancellationToken);

        latency.Times().Operations.ShouldBe(0);
    }

    [Fact]
    public async Task A_period_begins_and_ends_with_the_ledgers_state()
    {
        var periods = new LedgerPeriods(_time);
        await using var limiter = new QuotaLimiter(new InMemoryLedger(), new(), _time);
        periods.Observe(limiter);
        var start = _time.GetUtcNow();

        limiter.LedgerStateChanged!(LedgerState.Well, LedgerState.Slow);
        periods.All.ShouldBe([new("slow", start, null)]);
        _time.Advance(TimeSpan.FromSeconds(5));
        limiter.LedgerStateChanged!(LedgerState.Slow, LedgerState.Away);
        _time.Advance(TimeSpan.FromSeconds(5));
        limiter.LedgerStateChanged!(LedgerState.Away, LedgerState.Well);

        periods.All.ShouldBe([new("slow", start, start.AddSeconds(5)), new("away", start.AddSeconds(5), start.AddSeconds(10))]);
    }

    [Fact]
    public async Task The_latest_20_periods_are_remembered()
    {
        var periods = new LedgerPeriods(_time);
        await using var limiter = new QuotaLimiter(new InMemoryLedger(), new(), _time);
        periods.Observe(limiter);
        for (var n = 0; n < 30; n++)
        {
            limiter.LedgerStateChanged!(LedgerState.Well, LedgerState.Contended);
            _time.Advance(TimeSpan.FromSeconds(1));
            limiter.LedgerStateChanged!(LedgerState.Contended, LedgerState.Well);
        }

        periods.All.Count.ShouldBeLessThanOrEqualTo(LedgerPeriods.Most);
        periods.All[^1].Until.ShouldBe(_time.GetUtcNow());
    }
}

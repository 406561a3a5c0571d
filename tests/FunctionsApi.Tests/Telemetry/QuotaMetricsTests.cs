using System.Diagnostics.Metrics;
using FunctionsApi.Ledgers;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;
using FunctionsApi.Telemetry;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Telemetry;

public sealed class QuotaMetricsTests : IAsyncDisposable
{
    private static readonly Policy Hourly = new() { Name = "requests-per-hour", Algorithm = Algorithm.FixedWindow, Limit = 1, Window = TimeSpan.FromHours(1) };

    private static readonly Dictionary<string, Exception?> Failures = new()
    {
        ["ok"] = null,
        ["failed"] = new LedgerUnavailableException("It is away."),
        ["throttled"] = new LedgerUnavailableException("It is busy.", new TableStoreThrottledException("It is busy.", retryAfter: null)),
        ["unreadable"] = new EntityUnreadableException("It is garbled."),
        ["slow"] = new LedgerSlowException("It does not stand yet."),
        ["contended"] = new LedgerContendedException("Others write it."),
        ["timed_out"] = new OperationCanceledException(),
    };

    private readonly ManualTime _time = new();
    private readonly TurnedLedger _ledger = new();
    private readonly QuotaMetrics _metrics = new();
    private readonly QuotaLimiter _limiter;
    private readonly Measurements _measurements;

    public QuotaMetricsTests()
    {
        _limiter = new(new ObservedLedger(_ledger, _metrics, _time), new(), _time);
        _metrics.Observe(_limiter);
        _measurements = new(_metrics);
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _limiter.DisposeAsync();
        _measurements.Dispose();
        _metrics.Dispose();
    }

    [Fact]
    public void The_buckets_of_ledger_durations_reach_as_far_as_an_operation_may_take()
    {
        using var listener = new MeterListener();
        IReadOnlyList<double>? buckets = null;
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (ReferenceEquals(instrument.Meter, _metrics.Meter) && instrument is Histogram<double> { Name: QuotaMetrics.LedgerDuration } durations)
                buckets = durations.Advice!.HistogramBucketBoundaries;
        };
        listener.Start();

        buckets.ShouldNotBeNull().ShouldBeInOrder();
        buckets[^1].ShouldBeGreaterThanOrEqualTo(DurableLedger.AnswersWithin.TotalSeconds);
    }

    [Fact]
    public async Task Each_decision_is_counted_once_and_names_no_tenant_and_no_key()
    {
        var trial = Hourly with { Name = "trial-per-hour", Limit = 5, Shadow = true };
        var charge = new Charge(new([Hourly, trial]), [new(0, 1), new(1, 1)]);
        var costly = new Charge(new([Hourly with { Limit = 100 }, trial]), [new(0, 1), new(1, 6)]);

        foreach (var asked in (Charge[])[charge, charge, charge.Times(3), costly])
            _metrics.Decided(ApiKind.Agents, "free", await _limiter.AcquireAsync("key:k1", asked, Cancelled));

        _measurements.Of("functionsapi.decisions").ShouldBe(
        [
            "functionsapi.api=agents functionsapi.plan=free functionsapi.outcome=admitted",
            "functionsapi.api=agents functionsapi.plan=free functionsapi.outcome=refused functionsapi.policy=requests-per-hour",
            "functionsapi.api=agents functionsapi.plan=free functionsapi.outcome=exceeds_limit functionsapi.policy=requests-per-hour",
            "functionsapi.api=agents functionsapi.plan=free functionsapi.outcome=admitted",
        ]);
        _measurements.Of("functionsapi.shadow_refusals").ShouldBe(
            ["functionsapi.api=agents functionsapi.plan=free functionsapi.policy=trial-per-hour"]);
    }

    [Theory]
    [InlineData("ok")]
    [InlineData("failed")]
    [InlineData("throttled")]
    [InlineData("unreadable")]
    [InlineData("contended")]
    [InlineData("timed_out")]
    public async Task An_operation_on_the_ledger_is_timed_with_what_became_of_it(string outcome)
    {
        _ledger.Failure = Failures[outcome];
        var observed = new ObservedLedger(_ledger, _metrics, _time);
        _ledger.OnCall = () => _time.Advance(TimeSpan.FromMilliseconds(20));

        try
        {
            await observed.PeekAsync("key:k1", new(new(1), 1, 0, []), default, Cancelled);
        }
        catch (Exception exception) when (exception == _ledger.Failure)
        {
            // As it was set.
        }

        var measured = _measurements.All.ShouldHaveSingleItem();
        measured.Instrument.ShouldBe("functionsapi.ledger.operation.duration");
        measured.Value.ShouldBe(0.02);
        measured.Tags.ShouldBe([new("functionsapi.ledger.operation", "peek"), new("functionsapi.outcome", outcome)]);
    }

    [Fact]
    public async Task A_write_that_comes_second_is_a_conflict()
    {
        var store = new InMemoryTableStore();
        using var ours = new TableLedger(store, _time, metrics: _metrics);
        using var theirs = new TableLedger(store, _time);
        foreach (var (ledger, id) in ((TableLedger, long)[])[(ours, 1), (theirs, 2), (ours, 3)])
            await ledger.ApplyAsync("key:k1", Take(id), _limiter.Now, Cancelled);

        _measurements.All.ShouldHaveSingleItem().Instrument.ShouldBe("functionsapi.ledger.conflicts");
    }

    [Fact]
    public async Task Leases_in_hand_are_counted_by_policy()
    {
        var concurrency = new Policy { Name = "concurrency", Algorithm = Algorithm.Concurrency, Limit = 5 };
        var charge = new Charge(new([Hourly with { Limit = 1000 }, concurrency]), [new(0, 1), new(1, 1)]);
        for (var i = 0; i < 20; i++)
        {
            (await _limiter.AcquireAsync("key:k1", charge, Cancelled)).Release();
            _time.Advance(TimeSpan.FromMilliseconds(50));
        }

        _measurements.Ask("functionsapi.lease.partitions")[""].ShouldBe(1);
        var permits = _measurements.Ask("functionsapi.lease.permits");
        permits["requests-per-hour"].ShouldBeInRange(1, 999);
        permits["concurrency"].ShouldBe(1);

        // What is quiet is given back.
        _time.Advance(TimeSpan.FromSeconds(10));
        _measurements.Ask("functionsapi.lease.partitions")[""].ShouldBe(0);
        _measurements.Ask("functionsapi.lease.permits").ShouldBeEmpty();
    }

    [Fact]
    public async Task Requests_that_wait_for_the_ledger_are_counted()
    {
        var answer = new TaskCompletionSource();
        _ledger.Answers = answer.Task;
        var charge = new Charge(new([Hourly with { Limit = 100 }]), [new(0, 1)]);
        var waiting = Enumerable.Range(0, 3).Select(_ => _limiter.AcquireAsync("key:k1", charge, Cancelled).AsTask()).ToList();
        _measurements.Ask("functionsapi.requests.waiting")[""].ShouldBe(3);

        answer.SetResult();
        await Task.WhenAll(waiting);
        _measurements.Ask("functionsapi.requests.waiting")[""].ShouldBe(0);
    }

    [Fact]
    public async Task The_time_that_the_ledger_is_away_adds_up()
    {
        _ledger.Failure = Failures["failed"];
        var asking = _limiter.AcquireAsync("key:k1", new(new([Hourly]), [new(0, 1)]), Cancelled).AsTask();
        await AdvanceUntilAsync(() => _limiter.Outage is not null && asking.IsCompleted);
        var away = _measurements.Ask("functionsapi.ledger.away")[""];
        _time.Advance(TimeSpan.FromSeconds(10));
        _measurements.Ask("functionsapi.ledger.away")[""].ShouldBe(away + 10, 0.001);
        _measurements.Ask("functionsapi.ledger.outage.time")[""].ShouldBe(away + 10, 0.001);

        _ledger.Failure = null;
        await AdvanceUntilAsync(() => _limiter.Outage is null);
        var outage = _measurements.Ask("functionsapi.ledger.outage.time")[""];
        outage.ShouldBeGreaterThanOrEqualTo(away + 10);
        _time.Advance(TimeSpan.FromSeconds(60));
        _measurements.Ask("functionsapi.ledger.away")[""].ShouldBe(0);
        _measurements.Ask("functionsapi.ledger.outage.time")[""].ShouldBe(outage);
    }

    private async Task AdvanceUntilAsync(Func<bool> reached)
    {
        while (!reached())
        {
            _time.Advance(TimeSpan.FromMilliseconds(10));
            await Task.Yield();
        }
    }

    private static QuotaOperation Take(long id) =>
        new(new((ulong)id), id, 0, [new PolicyOperation(Hourly with { Limit = 100 }) { Need = 1, LeaseFor = TimeSpan.FromSeconds(1) }]);
}

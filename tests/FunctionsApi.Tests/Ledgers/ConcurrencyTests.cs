using FunctionsApi.Ledgers;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Quotas.Tests;
using FunctionsApi.Storage;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Ledgers;

/// <summary>Requests in flight on two instances with one ledger. Each has a clock of its own; one that stands still is dead.</summary>
public sealed class ConcurrencyTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 2, 27, 9, 30, 0, TimeSpan.Zero);

    private readonly OneThread _thread = new();
    private readonly TableLedger _ledger = new(new InMemoryTableStore(), new ManualTime());
    private readonly ManualTime _time = new(Start);
    private readonly ManualTime _otherTime = new(Start);
    private readonly CutLedger _link;
    private readonly QuotaLimiter _instance;
    private readonly QuotaLimiter _other;
    private bool _isKilled;

    public ConcurrencyTests()
    {
        _link = new(_ledger);
        _instance = new(_link, new(), _time);
        _other = new(_ledger, new(), _otherTime);
    }

    public async ValueTask DisposeAsync()
    {
        _link.IsCut = false;
        await _instance.DisposeAsync();
        await _other.DisposeAsync();
        _ledger.Dispose();
        _thread.Dispose();
    }

    [Fact]
    public async Task A_request_keeps_its_permit_for_as_long_as_it_takes_although_no_other_comes()
    {
        await _thread.SwitchAsync();
        await AcquireAsync(_instance, limit: 1);
        for (var second = 0; second < 300; second++)
        {
            await PassAsync(1);
            (await AcquireAsync(_other, limit: 1)).Outcome.ShouldBe(Outcome.Refused);
        }
    }

    [Fact]
    public async Task A_killed_instances_permits_are_there_again_within_15_seconds_and_the_next_look()
    {
        await _thread.SwitchAsync();
        await AcquireAsync(_instance, limit: 2);
        await AcquireAsync(_instance, limit: 2);
        await PassAsync(60);

        (await SecondsUntilAdmittedAsync(limit: 2)).ShouldBeInRange(9, 16);
    }

    [Fact]
    public async Task Those_of_an_instance_that_was_killed_with_its_first_request_within_10_seconds_and_the_next_look()
    {
        await _thread.SwitchAsync();
        await AcquireAsync(_instance, limit: 1);

        (await SecondsUntilAdmittedAsync(limit: 1)).ShouldBeInRange(8, 11);
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(2)]
    public async Task Clocks_that_are_4_seconds_apart_do_not_let_permits_that_are_in_use_go_to_others(int seconds)
    {
        await _thread.SwitchAsync();
        _time.Advance(TimeSpan.FromSeconds(2 + seconds));
        _otherTime.Advance(TimeSpan.FromSeconds(2 - seconds));
        await AcquireAsync(_instance, limit: 1);
        for (var step = 0; step < 240; step++)
        {
            await PassAsync(0.25);
            (await AcquireAsync(_other, limit: 1)).Outcome.ShouldBe(Outcome.Refused);
        }
    }

    [Fact]
    public async Task An_outage_of_5_seconds_loses_no_permit_whenever_it_begins()
    {
        await _thread.SwitchAsync();
        await AcquireAsync(_instance, limit: 1);
        for (var outage = 0; outage < 25; outage++)
        {
            await PassAsync(20 + outage * 0.25);
            _link.IsCut = true;
            await PassAsync(5);
            _link.IsCut = false;
            for (var step = 0; step < 40; step++)
            {
                await PassAsync(0.5);
                (await AcquireAsync(_other, limit: 1)).Outcome.ShouldBe(Outcome.Refused);
            }
        }
    }

    [Fact]
    public async Task After_a_longer_outage_what_is_still_in_use_is_held_again()
    {
        await _thread.SwitchAsync();
        var first = await AcquireAsync(_instance, limit: 2);
        await AcquireAsync(_instance, limit: 2);
        await PassAsync(20);
        _link.IsCut = true;
        await PassAsync(30);
        var meanwhile = await AcquireAsync(_other, limit: 2);
        meanwhile.Outcome.ShouldBe(Outcome.Admitted);

        _link.IsCut = false;
        await PassAsync(10);
        meanwhile.Release();
        await PassAsync(2);
        (await AcquireAsync(_other, limit: 2)).Outcome.ShouldBe(Outcome.Refused);
        first.Release();
        await PassAsync(2);
        (await AcquireAsync(_other, limit: 2)).Outcome.ShouldBe(Outcome.Admitted);
    }

    [Fact]
    public async Task A_permit_that_is_not_in_use_any_more_is_there_for_another_instance_within_2_seconds()
    {
        await _thread.SwitchAsync();
        var first = await AcquireAsync(_instance, limit: 2);
        await AcquireAsync(_instance, limit: 2);
        await PassAsync(20.25);

        first.Release();
        await PassAsync(2);
        (await AcquireAsync(_other, limit: 2)).Outcome.ShouldBe(Outcome.Admitted);
    }

    private async Task PassAsync(double seconds)
    {
        // Together, in steps shorter than any lease.
        for (var left = seconds; left > 0; left -= 0.25)
        {
            if (!_isKilled)
                _time.Advance(TimeSpan.FromSeconds(Math.Min(left, 0.25)));
            _otherTime.Advance(TimeSpan.FromSeconds(Math.Min(left, 0.25)));
            await _thread.SettleAsync();
        }
    }

    private async Task<double> SecondsUntilAdmittedAsync(int limit)
    {
        _isKilled = true;
        var since = _otherTime.GetUtcNow();
        while ((await AcquireAsync(_other, limit)).Outcome != Outcome.Admitted)
            await PassAsync(0.25);
        return (_otherTime.GetUtcNow() - since).TotalSeconds;
    }

    /// <summary>Lets time pass until it is decided.</summary>
    private async Task<Decision> AcquireAsync(QuotaLimiter limiter, int limit)
    {
        var policy = new Policy { Name = "concurrency", Algorithm = Algorithm.Concurrency, Limit = limit };
        var asked = limiter.AcquireAsync("key:k1", new(new([policy]), [new(0, 1)]), TestContext.Current.CancellationToken).AsTask();
        while (!asked.IsCompleted)
            await PassAsync(0.05);
        return await asked;
    }

    /// <summary>The way to the ledger that is cut for one instance.</summary>
    private sealed class CutLedger(ILedger ledger) : ILedger
    {
        public bool IsCut { get; set; }

        public Task<QuotaResult> ApplyAsync(string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken) =>
            IsCut ? throw new LedgerUnavailableException("Cut.") : ledger.ApplyAsync(partition, operation, now, cancellationToken);

        public Task<QuotaResult> PeekAsync(string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken) =>
            IsCut ? throw new LedgerUnavailableException("Cut.") : ledger.PeekAsync(partition, operation, now, cancellationToken);
    }
}

using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Alone;
using FunctionsApi.Auth;
using FunctionsApi.Storage;
using FunctionsApi.Sweeps;
using FunctionsApi.Tenants;
using FunctionsApi.Tests.Usage;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Sweeps;

/// <summary>When a sweep runs, how fast, and that one runs at a time.</summary>
public sealed class SweepTurnTests : SweepTests
{
    [Fact]
    public async Task Of_many_that_sweep_at_once_one_does()
    {
        await FillAsync(10);
        var sweeps = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => SweepAsync()));

        sweeps.Sum(report => report?.Quotas.Deleted ?? 0).ShouldBe(10);
    }

    [Fact]
    public async Task A_second_sweep_waits_for_its_hour_or_until_it_is_asked_for()
    {
        await SweepAsync();
        var sweeper = Sweeper();

        (await sweeper.RunOnceAsync(TimeSpan.FromMinutes(48), Cancel)).ShouldBeNull();
        (await sweeper.RunOnceAsync(Cancel)).ShouldNotBeNull();
        _time.Advance(TimeSpan.FromMinutes(48));
        (await sweeper.RunOnceAsync(TimeSpan.FromMinutes(48), Cancel)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_sweep_deletes_at_most_a_hundred_rows_a_second()
    {
        await FillAsync(350);
        var sweeping = Sweeper().RunOnceAsync(Cancel);
        for (var second = 1; second <= 3; second++)
        {
            (await PartitionsAsync()).Count.ShouldBe(350 - 100 * second);
            sweeping.IsCompleted.ShouldBeFalse();
            _time.Advance(TimeSpan.FromSeconds(1));
        }
        (await sweeping)!.Quotas.ShouldBe(new(350, 350));
    }

    [Fact]
    public async Task The_turn_of_one_that_died_is_taken_over_and_not_given_back()
    {
        await FillAsync(350);
        var dead = Sweeper().RunOnceAsync(Cancel);
        (await Sweeper().RunOnceAsync(Cancel)).ShouldBeNull();

        // No timer goes off: it hangs.
        _time.SetTo(_time.GetUtcNow().AddMinutes(2));
        var other = Sweeper().RunOnceAsync(Cancel);
        (await PartitionsAsync()).Count.ShouldBe(150);
        _time.Advance(TimeSpan.FromSeconds(1));
        (await dead)!.Quotas.Deleted.ShouldBe(100);
        _time.Advance(TimeSpan.FromSeconds(1));
        (await other)!.Quotas.Deleted.ShouldBe(250);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_server_sweeps_by_itself_also_after_a_sweep_that_failed()
    {
        await FillAsync(1);
        var store = new FailingTableStore(_store) { Fails = true };
        var recovery = new CrawlRecovery(new(store, new(store), _time), new(new TableQueue(store, _time)));
        var sweep = new HourlySweep(
            new(store, Read(null).Usage.Retention, new(), new(store, _turns, new(), _time), _time),
            new(store, new(store, _turns, new(), _time), new(store, null, new(store, _time)), _time), recovery, store, _time, NullLogger<HourlySweep>.Instance);
        using var timer = new SweepTimer(new(sweep), _time, NullLogger<SweepTimer>.Instance);
        await timer.StartAsync(Cancel);
        _time.Advance(TimeSpan.FromMinutes(15));

        store.Fails = false;
        while ((await PartitionsAsync()).Count > 0)
        {
            Cancel.ThrowIfCancellationRequested();
            _time.Advance(TimeSpan.FromMinutes(1));
            await Task.Yield();
        }
        await timer.StopAsync(Cancel);
    }

    [Fact]
    public async Task Tenants_and_crawls_do_not_wait_for_this_process_to_sweep()
    {
        var keys = new KeyTable(_store, _time);
        var jobs = new CrawlJobs(_store, new(_store), _time);
        var queues = new TableQueue(_store, _time);
        var removal = new TenantRemoval(_store, new(_store, _turns, new(), _time), new(_store, null, keys), _time);
        await removal.DeleteAsync("globex", Cancel);
        await jobs.AddAsync("acme", "https://a/", 1, 0, Cancel);
        _time.Advance(TenantRemoval.Grace);
        // Somebody runs the command again and again.
        await SweepAsync();

        for (var instance = 0; instance < 2; instance++)
            await new HourlySweep(Sweeper(), removal, new(jobs, new(queues)), _store, _time, NullLogger<HourlySweep>.Instance).RunAsync(Cancel);

        (await new TenantTable(_store).FindAsync("globex", Cancel)).ShouldBeNull();
        (await queues.CountAsync(CrawlQueue.QueueName, Cancel)).ShouldBe(1);
    }
}

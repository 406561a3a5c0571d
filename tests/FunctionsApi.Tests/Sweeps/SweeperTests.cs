using FunctionsApi.Agents.Analytics;
using FunctionsApi.Agents.Analytics.Journal;
using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Agents.Knowledge;
using FunctionsApi.Alerts.Webhooks;
using FunctionsApi.Ledgers;
using FunctionsApi.Quotas;
using FunctionsApi.Tests.Tenants;
using FunctionsApi.Usage;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Sweeps;

/// <summary>What a sweep deletes, and what it leaves.</summary>
public sealed class SweeperTests : SweepTests
{
    [Fact]
    public async Task Counters_are_deleted_when_they_count_nothing_any_more_and_not_before()
    {
        await AcquireAsync("key:old");
        _time.Advance(LongEnough);
        await AcquireAsync("key:new");

        (await SweepAsync())!.Quotas.ShouldBe(new(Seen: 2, Deleted: 1));
        (await PartitionsAsync()).ShouldBe(["key:new"]);
    }

    [Fact]
    public async Task A_row_that_cannot_be_read_is_left_for_an_operator()
    {
        await _store.PutAsync(TableLedger.Table, new(new("key:k1", ""), new Dictionary<string, object> { ["state"] = new byte[] { 9 } }, default), Cancel);
        await _store.PutAsync(TableLedger.Table, new(new("key:k2", ""), new Dictionary<string, object>(), default), Cancel);

        (await SweepAsync())!.Quotas.ShouldBe(new(Seen: 2, Deleted: 0));
    }

    [Fact]
    public async Task Usage_is_deleted_when_it_is_past_its_retention()
    {
        var table = new UsageTable(_store);
        var now = _time.GetUtcNow();
        await table.TryWriteAsync([(Usage(now), null), (Usage(now.AddDays(-6.9)), null), (Usage(now.AddDays(-7.1)), null), (Usage(now.AddDays(-300)), null)], Cancel);

        (await SweepAsync(retainDays: "7"))!.Usage.ShouldBe(new(Seen: 2, Deleted: 2));
        (await CountAsync(UsageTable.Name)).ShouldBe(2);
    }

    [Fact]
    public async Task Webhook_messages_are_deleted_30_days_after_what_they_are_about()
    {
        var (outbox, now) = (new Outbox(_store, _time), _time.GetUtcNow());
        foreach (var until in (DateTimeOffset[])[now, now.AddDays(-29.9), now.AddDays(-30.1)])
            await outbox.AddAsync(new("acme", AlertMessage.KeyOf(until, "a digest"), "usage.digest", "{}", until), Cancel);

        (await SweepAsync())!.Messages.ShouldBe(new(Seen: 1, Deleted: 1));
        (await CountAsync(Outbox.Messages)).ShouldBe(2);
    }

    [Fact]
    public async Task Usage_is_kept_for_longer_than_any_report_reaches_back()
    {
        var now = _time.GetUtcNow();
        await new UsageTable(_store).TryWriteAsync([(Usage(now.AddDays(-367)), null)], Cancel);

        (await SweepAsync())!.Usage.Deleted.ShouldBe(0);
    }

    [Fact]
    public async Task A_row_that_is_used_while_others_are_swept_stays()
    {
        await FillAsync(150);
        var sweeping = Sweeper().RunOnceAsync(Cancel);
        await AcquireAsync("key:0149");
        _time.Advance(TimeSpan.FromSeconds(1));

        (await sweeping)!.Quotas.Deleted.ShouldBe(149);
        (await PartitionsAsync()).ShouldBe(["key:0149"]);
    }

    [Fact]
    public async Task A_partition_that_comes_back_after_the_sweep_counts_from_nothing_and_loses_nothing()
    {
        await AcquireAsync("key:k1", 60);
        _time.Advance(LongEnough);
        await SweepAsync();
        using var other = new TableLedger(_store, _time);
        await other.ApplyAsync("key:k1", Operation(70, instance: 2), Now, Cancel);

        // This one remembers the row as it was before the sweep.
        (await _ledger.ApplyAsync("key:k1", Operation(60), Now, Cancel)).Policies[0].Granted.ShouldBe(30);
    }

    [Fact]
    public async Task Events_are_deleted_after_90_days_and_what_was_counted_of_them_after_400()
    {
        await new EventJournal(_store, _turns, _time).AppendAsync("acme", [Event("e1")], Cancel);
        _time.Advance(TimeSpan.FromDays(91));
        await new EventJournal(_store, _turns, _time).AppendAsync("acme", [Event("e2")], Cancel);

        (await SweepAsync())!.Events.ShouldBe(new(Seen: 2, Deleted: 2));
        (await EventRowsAsync("event|")).ShouldBe(1);
        (await EventRowsAsync("id|")).ShouldBe(1);
        (await EventRowsAsync("hour|"), await EventRowsAsync("day|"), await EventRowsAsync("page|")).ShouldBe((2, 2, 2));

        _time.Advance(TimeSpan.FromDays(401));
        await SweepAsync();
        (await EventRowsAsync("hour|"), await EventRowsAsync("day|"), await EventRowsAsync("page|")).ShouldBe((0, 0, 0));
        (await new EventJournal(_store, _turns, _time).AppendAsync("acme", [Event("e2")], Cancel)).ShouldBe(0);
    }

    [Fact]
    public async Task Jobs_are_deleted_90_days_after_they_were_finished_and_no_others()
    {
        var jobs = new CrawlJobs(_store, new(_store), _time);
        var (finished, open) = (await jobs.AddAsync("acme", "https://a/", 1, 0, Cancel), await jobs.AddAsync("acme", "https://b/", 1, 0, Cancel));
        await jobs.FailAsync("acme", finished.Id, "m1", "It failed.", Cancel);
        _time.Advance(TimeSpan.FromDays(89));
        (await SweepAsync())!.Jobs.Deleted.ShouldBe(0);
        _time.Advance(TimeSpan.FromDays(2));

        (await SweepAsync())!.Jobs.ShouldBe(new(Seen: 2, Deleted: 1));
        (await jobs.FindAsync("acme", open.Id, Cancel)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Pages_of_a_crawl_that_is_over_are_deleted_and_those_of_one_that_is_not_stay()
    {
        var pages = new CrawlPages(_store);
        var jobs = new CrawlJobs(_store, pages, _time);
        var (deleted, open) = (await jobs.AddAsync("acme", "https://a/", 1, 0, Cancel), await jobs.AddAsync("globex", "https://b/", 1, 0, Cancel));
        await jobs.DeleteAllAsync("acme", Cancel);
        foreach (var job in (CrawlJob[])[deleted, open])
            await pages.AddAsync(job.Id, [new(0, job.Url, 0), new(1, job.Url + "1", 1)], Cancel);

        await SweepAsync();

        (await pages.ReadAsync(deleted.Id, Cancel)).ShouldBeEmpty();
        (await pages.ReadAsync(open.Id, Cancel)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Documents_are_deleted_a_year_after_they_were_last_fetched()
    {
        var documents = new DocumentTable(_store, _turns, new(), _time);
        await documents.PutAsync("acme", Document("a"), Cancel);
        await documents.PutAsync("acme", Document("b"), Cancel);
        _time.Advance(TimeSpan.FromDays(300));
        await documents.PutAsync("acme", Document("b"), Cancel);
        _time.Advance(TimeSpan.FromDays(66));

        (await SweepAsync())!.Documents.Deleted.ShouldBe(1);
        (await documents.ListAsync("acme", Cancel).Select(it => it.Id).ToListAsync(Cancel)).ShouldBe(["b"]);
        (await documents.TotalsAsync("acme", Cancel)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_command_tells_what_it_did()
    {
        await using var run = new CommandRun();
        await run.OnStoreAsync(async store =>
        {
            var past = new ManualTime(new(2026, 2, 20, 0, 0, 0, TimeSpan.Zero));
            using var ledger = new TableLedger(store, past);
            await ledger.ApplyAsync("key:k1", Operation(1), Instant.From(past.GetUtcNow()), Cancel);
        });

        (await run.RunAsync("sweep", "--json")).ShouldBe(0);
        run.Output.ShouldBe("""{"swept":true,"quotas":{"seen":1,"deleted":1},"usage":{"seen":0,"deleted":0},"messages":{"seen":0,"deleted":0},"events":{"seen":0,"deleted":0},"jobs":{"seen":0,"deleted":0},"documents":{"seen":0,"deleted":0}}""");
        await run.RunAsync("sweep");
        run.Output.ShouldBe("Deleted 0 of 0 partitions' counters, and 0 of 0 hours of usage, 0 of 0 webhook messages, 0 of 0 rows of events, 0 of 0 jobs and 0 of 0 documents past their retention.");
    }

    private AnalyticsEvent Event(string id) => new("view", _time.GetUtcNow(), id, "/", "{}"u8.ToArray());

    private Document Document(string id) => new(new(id, $"https://example.com/{id}", id, _time.GetUtcNow()), "text");

    private async Task<int> EventRowsAsync(string prefix) => await _store
        .QueryAsync(JournalRows.Table, new() { Partition = "acme", FromRow = prefix, ToRow = prefix + '~' }, Cancel).CountAsync(Cancel);

    private async Task<int> CountAsync(string table)
    {
        var count = 0;
        await foreach (var _ in _store.QueryAsync(table, new(), Cancel))
            count++;
        return count;
    }
}

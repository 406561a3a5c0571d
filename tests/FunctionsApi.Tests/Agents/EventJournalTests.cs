using System.Security.Cryptography;
using System.Text;
using FunctionsApi.Agents;
using FunctionsApi.Agents.Analytics;
using FunctionsApi.Agents.Analytics.Journal;
using FunctionsApi.Storage;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents;

public sealed class EventJournalTests : IDisposable
{
    private const string Tenant = "acme";

    private readonly InMemoryTableStore _store = new();
    private readonly TenantTurns _turns = new();
    private readonly ManualTime _time = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _turns.Dispose();

    [Fact]
    public async Task What_was_sent_is_read_back_as_it_was_and_in_order()
    {
        var sent = Enumerable.Range(0, 3000).Select(number => Event($"t{number % 5}", $"e{number}", json: Incompressible(number))).ToList();

        foreach (var request in sent.Chunk(700))
            (await Journal().AppendAsync(Tenant, request, Cancel)).ShouldBe(0);

        var stored = await StoredAsync();
        stored.Select(it => it.Event.GetRawText()).ShouldBe(sent.Select(it => Encoding.UTF8.GetString(it.Json.Span)));
        (await PagesAsync(JournalRows.EventPrefix)).Count.ShouldBeGreaterThan(3);
        (await PagesAsync(JournalRows.IdPrefix)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task An_instance_that_starts_later_knows_every_id_of_a_day_and_no_new_one()
    {
        var journal = Journal();
        foreach (var request in Enumerable.Range(0, 5000).Select(number => Event("t", $"e{number}")).Chunk(1000))
            await journal.AppendAsync(Tenant, request, Cancel);
        _time.Advance(TimeSpan.FromHours(23));

        (await Journal().AppendAsync(Tenant, [.. Enumerable.Range(0, 6000).Select(number => Event("t", $"e{number}"))], Cancel)).ShouldBe(5000);
    }

    [Fact]
    public async Task An_id_is_forgotten_within_two_days()
    {
        await Journal().AppendAsync(Tenant, [Event("t", "e1")], Cancel);
        _time.Advance(TimeSpan.FromHours(25));
        await Journal().AppendAsync(Tenant, [Event("t", "e2")], Cancel);
        (await Journal().AppendAsync(Tenant, [Event("t", "e1")], Cancel)).ShouldBe(1);
        _time.Advance(TimeSpan.FromHours(25));
        await Journal().AppendAsync(Tenant, [Event("t", "e3")], Cancel);

        (await Journal().AppendAsync(Tenant, [Event("t", "e1")], Cancel)).ShouldBe(0);
    }

    [Fact]
    public async Task Events_of_many_hours_are_counted_each_in_its_own()
    {
        var now = _time.GetUtcNow();
        var events = Enumerable.Range(0, 700).Select(hour => Event("t", $"e{hour}", at: now - TimeSpan.FromHours(hour))).ToList();

        (await Journal().AppendAsync(Tenant, events, Cancel)).ShouldBe(0);

        var hours = await PagesAsync(JournalRows.HourPrefix);
        hours.Count.ShouldBe(700);
        hours.Values.ShouldAllBe(row => EventCounts.Decode(row).Total == 1);
    }

    [Fact]
    public async Task A_tenant_that_makes_up_names_all_the_time_fills_one_row_a_day()
    {
        var events = Enumerable.Range(0, 4000).Select(number => Event("t", null, page: $"/{number:D4}/{new string('p', 100)}")).ToList();

        foreach (var request in events.Chunk(1000))
            await Journal().AppendAsync(Tenant, request, Cancel);

        var counts = EventCounts.Decode((await PagesAsync(JournalRows.PagePrefix)).Values.ShouldHaveSingleItem());
        counts.Total.ShouldBe(4000);
        counts.Others.ShouldBeInRange(1, 3999);
        counts.Encode().Length.ShouldBeLessThanOrEqualTo(EventCounts.MaxBytes);
    }

    [Fact]
    public async Task Of_several_who_append_at_once_nobody_loses_anything()
    {
        var journals = Enumerable.Range(0, 4).Select(_ => Journal()).ToList();
        var appends = journals.SelectMany((journal, instance) => Enumerable.Range(0, 10).Select(number =>
            Task.Run(() => journal.AppendAsync(Tenant, [Event("t", $"own-{instance}-{number}"), Event("t", $"shared-{number}")], Cancel), Cancel)));

        var duplicates = await WhileTimePassesAsync(Task.WhenAll(appends));

        duplicates.Sum().ShouldBe(30);
        var stored = await StoredAsync();
        stored.Count.ShouldBe(50);
        (await PagesAsync(JournalRows.HourPrefix)).Values.Sum(row => EventCounts.Decode(row).Total).ShouldBe(50);
    }

    [Fact]
    public async Task What_comes_while_an_append_is_under_way_goes_into_the_next_together()
    {
        var store = new HeldBatches(_store);
        var journal = new EventJournal(store, _turns, _time);
        Task<int>[] first = [journal.AppendAsync(Tenant, [Event("t", "e0")], Cancel)];
        var later = Enumerable.Range(1, 100).Select(number => journal.AppendAsync(Tenant, [Event("t", $"e{number}")], Cancel)).ToList();

        store.Release();
        await Task.WhenAll([.. first, .. later]);

        store.Batches.ShouldBe(2);
        store.MostAtATime.ShouldBe(1);
    }

    [Fact]
    public async Task Another_tenants_append_does_not_wait_for_it()
    {
        var store = new HeldBatches(_store, "noisy");
        var journal = new EventJournal(store, _turns, _time);
        var noisy = journal.AppendAsync("noisy", [Event("t", "e0")], Cancel);

        await journal.AppendAsync("quiet", [Event("t", "e0")], Cancel);

        noisy.IsCompleted.ShouldBeFalse();
        store.Release();
        await noisy;
    }

    [Fact]
    public async Task More_than_can_wait_are_told_to_come_later()
    {
        var store = new HeldBatches(_store);
        var journal = new EventJournal(store, _turns, _time);
        AnalyticsEvent[] thousand = [.. Enumerable.Repeat(Event("t", null), 1000)];
        var waiting = Enumerable.Range(0, TenantJournal.MaxWaiting / 1000).Select(_ => journal.AppendAsync(Tenant, thousand, Cancel)).ToList();

        (await Should.ThrowAsync<FunctionsApi.Api.ApiException>(() => journal.AppendAsync(Tenant, thousand, Cancel))).Error.Status.ShouldBe(503);

        store.Release();
        await Task.WhenAll(waiting);
    }

    private static string Incompressible(int seed) =>
        $"{{\"type\":\"t\",\"x\":\"{Convert.ToHexString(SHA512.HashData(BitConverter.GetBytes(seed)))}\"}}";

    private EventJournal Journal() => new(_store, _turns, _time);

    private AnalyticsEvent Event(string type, string? id, DateTimeOffset? at = null, string? page = null, string? json = null) =>
        new(type, at ?? _time.GetUtcNow(), id, page, Encoding.UTF8.GetBytes(json ?? $"{{\"type\":\"{type}\"}}"));

    private async Task<List<StoredEvent>> StoredAsync() =>
        await new JournalEvents(_store).ReadAsync(Tenant, DateTimeOffset.UnixEpoch, _time.GetUtcNow().AddDays(1), Cancel).ToListAsync(Cancel);

    private async Task<Dictionary<string, byte[]>> PagesAsync(string prefix) =>
        await new JournalRows(_store, Tenant).ReadAsync(prefix, prefix + '~', Cancel).ToDictionaryAsync(row => row.Row, row => row.Bytes, cancellationToken: Cancel);

    private async Task<T> WhileTimePassesAsync<T>(Task<T> awaited)
    {
        while (!awaited.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(10));
            await Task.Yield();
        }

        return await awaited;
    }

    /// <summary>Batches, of one tenant or all, wait until they are released.</summary>
    private sealed class HeldBatches(ITableStore inner, string? tenant = null) : ITableStore
    {
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _atATime, _batches, _mostAtATime;

        public int Batches => Volatile.Read(ref _batches);

        public int MostAtATime => Volatile.Read(ref _mostAtATime);

        public void Release() => _released.SetResult();

        public async Task<IReadOnlyList<string>?> BatchAsync(string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _batches);
            _mostAtATime = Math.Max(MostAtATime, Interlocked.Increment(ref _atATime));
            if (tenant is null || tenant == puts[0].Key.Partition)
                await _released.Task;
            Interlocked.Decrement(ref _atATime);
            return await inner.BatchAsync(table, puts, cancellationToken);
        }

        public Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken) => inner.GetAsync(table, key, cancellationToken);

        public IAsyncEnumerable<TableRow> QueryAsync(string table, TableQuery query, CancellationToken cancellationToken) => inner.QueryAsync(table, query, cancellationToken);

        public Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken) => inner.PutAsync(table, put, cancellationToken);

        public Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken) => inner.DeleteAsync(table, key, ifMatch, cancellationToken);
    }
}

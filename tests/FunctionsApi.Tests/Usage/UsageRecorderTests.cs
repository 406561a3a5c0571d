using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;
using FunctionsApi.Usage;
using Shouldly;
using Xunit;
using Counts = System.Collections.Immutable.ImmutableSortedDictionary<string, long>;

namespace FunctionsApi.Tests.Usage;

public sealed class UsageRecorderTests : IDisposable
{
    private static readonly Charge TwoPolicies = new(
        new([
            new() { Name = "requests-per-hour", Algorithm = Algorithm.FixedWindow, Limit = 5, Window = TimeSpan.FromHours(1) },
            new() { Name = "trial", Algorithm = Algorithm.FixedWindow, Limit = 1, Window = TimeSpan.FromHours(1), Shadow = true },
        ]),
        [new(0, 1), new(1, 1)]);

    private readonly ManualTime _time = new();
    private readonly FailingTableStore _store = new(new InMemoryTableStore());
    private readonly UsageTable _table;
    private readonly UsageRecorder _recorder;
    private readonly UsageCounter _search;

    public UsageRecorderTests()
    {
        _table = new(_store);
        _recorder = new(_table, _time.GetUtcNow);
        _search = _recorder.Counter("acme", "k1", ApiKind.Agents, "search");
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _recorder.Dispose();

    [Fact]
    public async Task Every_kind_of_count_is_written_to_the_hours_row()
    {
        _search.Decided(Decision(Outcome.Admitted), weight: 3);
        _search.Decided(Decision(Outcome.Refused));
        _search.Decided(Decision(Outcome.Unavailable));
        _search.Answered(404);
        _search.Answered(500);
        _search.Spent(7);

        await _recorder.FlushAsync(Cancel);

        var row = (await StoredAsync()).ShouldHaveSingleItem();
        row.Series.ShouldBe(new("acme", "k1", ApiKind.Agents, "search"));
        row.Hour.ShouldBe(new(2026, 2, 27, 9, 0, 0, TimeSpan.Zero));
        row.InstanceId.ShouldBe(_recorder.InstanceId);
        row.Totals.ShouldBe(new()
        {
            Admitted = 1,
            Permits = 3,
            RefusedBy = row.Totals.RefusedBy,
            Unavailable = 1,
            ClientErrors = 1,
            ServerErrors = 1,
            Credits = 7,
            ShadowRefused = row.Totals.ShadowRefused,
        });
        row.Totals.RefusedBy.ShouldBe(Counts.Empty.Add("requests-per-hour", 1));
        row.Totals.ShadowRefused.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(Outcome.Admitted, 1)]
    [InlineData(Outcome.Refused, 1)]
    [InlineData(Outcome.ExceedsLimit, 0)]
    [InlineData(Outcome.Unavailable, 1)]
    [InlineData(Outcome.Peeked, 0)]
    public void An_outcome_counts_once_or_not_at_all(Outcome outcome, long counted)
    {
        _search.Decided(Decision(outcome));

        var totals = Remembered();
        (totals.Admitted + totals.Refused + totals.Unavailable).ShouldBe(counted);
    }

    [Theory]
    [InlineData(200, 0, 0)]
    [InlineData(304, 0, 0)]
    [InlineData(400, 1, 0)]
    [InlineData(429, 0, 0)]
    [InlineData(499, 1, 0)]
    [InlineData(500, 0, 1)]
    [InlineData(503, 0, 0)]
    [InlineData(504, 0, 1)]
    public void An_answer_counts_as_an_error_unless_the_decision_has_counted_it(int status, long client, long server)
    {
        _search.Answered(status);

        var totals = Remembered();
        totals.ClientErrors.ShouldBe(client);
        totals.ServerErrors.ShouldBe(server);
    }

    [Fact]
    public async Task A_shadow_refusal_is_counted_under_its_policys_name()
    {
        var decision = Decision(Outcome.Admitted);
        decision.ShadowRefusals = 0b10;
        _search.Decided(decision);
        _search.Decided(decision);

        await _recorder.FlushAsync(Cancel);

        (await StoredAsync()).ShouldHaveSingleItem().Totals.ShadowRefused
            .ShouldBe(Counts.Empty.Add("trial", 2));
    }

    [Fact]
    public async Task A_refusal_is_counted_under_the_name_of_the_policy_that_refused()
    {
        _search.Decided(Decision(Outcome.Refused, binding: 0));
        _search.Decided(Decision(Outcome.Refused, binding: 1));
        _search.Decided(Decision(Outcome.Refused, binding: 1));

        await _recorder.FlushAsync(Cancel);

        var totals = (await StoredAsync()).ShouldHaveSingleItem().Totals;
        totals.RefusedBy.ShouldBe(Counts.Empty.Add("requests-per-hour", 1).Add("trial", 2));
        totals.Refused.ShouldBe(3);
    }

    [Fact]
    public async Task A_write_that_arrives_after_a_later_one_takes_nothing_back()
    {
        Admit(1);
        await _recorder.FlushAsync(Cancel);
        Admit(2);
        _store.HoldsNextWriteBack = true;
        await Should.ThrowAsync<TableStoreException>(() => _recorder.FlushAsync(Cancel));
        Admit(4);
        await _recorder.FlushAsync(Cancel);

        await _store.DeliverAsync(Cancel);

        (await StoredAsync()).ShouldHaveSingleItem().Totals.Admitted.ShouldBe(7);
    }

    [Fact]
    public async Task A_write_whose_answer_was_lost_is_written_over()
    {
        Admit(1);
        await _recorder.FlushAsync(Cancel);
        Admit(2);
        _store.HoldsNextWriteBack = true;
        await Should.ThrowAsync<TableStoreException>(() => _recorder.FlushAsync(Cancel));
        await _store.DeliverAsync(Cancel);
        Admit(4);

        await _recorder.FlushAsync(Cancel);

        (await StoredAsync()).ShouldHaveSingleItem().Totals.Admitted.ShouldBe(7);
    }

    [Fact]
    public async Task One_tenants_failure_keeps_nobody_elses_usage_from_being_written()
    {
        Admit(1);
        foreach (var tenant in (string[])["a", "b", "c"])
            _recorder.Counter(tenant, "k1", ApiKind.Agents, "search").Decided(Decision(Outcome.Admitted));
        _store.FailsFor = "b";

        await Should.ThrowAsync<TableStoreException>(() => _recorder.FlushAsync(Cancel));

        foreach (var tenant in (string[])["a", "acme", "c"])
            (await StoredAsync(tenant)).Count.ShouldBe(1, tenant);
        _store.FailsFor = null;
        await _recorder.FlushAsync(Cancel);
        (await StoredAsync("b")).Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_next_hour_has_a_row_of_its_own()
    {
        Admit(2);
        _time.Advance(TimeSpan.FromMinutes(30) - TimeSpan.FromTicks(1));
        Admit(1);
        _time.Advance(TimeSpan.FromTicks(1));
        Admit(5);

        await _recorder.FlushAsync(Cancel);

        (await StoredAsync()).Select(row => (row.Hour.Hour, row.Totals.Admitted)).ShouldBe([(9, 3), (10, 5)]);
    }

    [Fact]
    public async Task A_flush_writes_what_has_changed_and_nothing_else()
    {
        Admit(1);
        await _recorder.FlushAsync(Cancel);
        await _recorder.FlushAsync(Cancel);
        _store.Writes.ShouldBe(1);

        Admit(1);
        await _recorder.FlushAsync(Cancel);

        _store.Writes.ShouldBe(2);
        (await StoredAsync()).ShouldHaveSingleItem().Totals.Admitted.ShouldBe(2);
    }

    [Fact]
    public async Task A_failed_flush_keeps_everything_for_the_next_one()
    {
        Admit(2);
        _recorder.Counter("other", null, ApiKind.Inference, "infer").Decided(Decision(Outcome.Admitted));
        _store.Fails = true;
        await Should.ThrowAsync<TableStoreException>(() => _recorder.FlushAsync(Cancel));
        Admit(1);

        _store.Fails = false;
        await _recorder.FlushAsync(Cancel);

        (await StoredAsync()).ShouldHaveSingleItem().Totals.Admitted.ShouldBe(3);
        (await StoredAsync("other")).ShouldHaveSingleItem().Series.Key.ShouldBe("dashboard");
    }

    [Fact]
    public async Task Two_instances_keep_rows_of_their_own()
    {
        using var second = new UsageRecorder(_table, _time.GetUtcNow);
        Admit(1);
        second.Counter("acme", "k1", ApiKind.Agents, "search").Decided(Decision(Outcome.Admitted));

        await _recorder.FlushAsync(Cancel);
        await second.FlushAsync(Cancel);

        (await StoredAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task More_than_one_batch_of_series_is_written()
    {
        for (var i = 0; i < 250; i++)
            _recorder.Counter("acme", $"k{i}", ApiKind.Agents, "search").Decided(Decision(Outcome.Admitted));

        await _recorder.FlushAsync(Cancel);

        (await StoredAsync()).Count.ShouldBe(250);
    }

    [Fact]
    public async Task Old_hours_are_forgotten_once_they_are_written()
    {
        Admit(1);
        _time.Advance(TimeSpan.FromMinutes(40));
        _store.Fails = true;
        await Should.ThrowAsync<TableStoreException>(() => _recorder.FlushAsync(Cancel));
        RememberedRows().Count.ShouldBe(1);

        _store.Fails = false;
        await _recorder.FlushAsync(Cancel);

        RememberedRows().ShouldBeEmpty();
        (await StoredAsync()).ShouldHaveSingleItem().Totals.Admitted.ShouldBe(1);
    }

    [Fact]
    public async Task An_hour_just_past_is_remembered_for_those_still_counting_in_it()
    {
        Admit(1);
        _time.Advance(TimeSpan.FromMinutes(31));

        await _recorder.FlushAsync(Cancel);

        RememberedRows().Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_clock_that_was_set_back_overwrites_no_hour_that_was_forgotten()
    {
        Admit(4);
        await _recorder.FlushAsync(Cancel);
        _time.Advance(TimeSpan.FromHours(1));
        Admit(1);
        await _recorder.FlushAsync(Cancel);

        _time.Advance(TimeSpan.FromHours(-1));
        _recorder.Counter("acme", "k1", ApiKind.Agents, "search").Decided(Decision(Outcome.Admitted));
        await _recorder.FlushAsync(Cancel);

        (await StoredAsync()).Select(row => (row.Hour.Hour, row.Totals.Admitted)).ShouldBe([(9, 4), (10, 2)]);
    }

    [Fact]
    public async Task No_count_is_lost_between_many_counting_threads_and_flushes()
    {
        const int Threads = 8, Each = 20_000;
        using var done = new CancellationTokenSource();
        var flushing = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
                await _recorder.FlushAsync(Cancel);
        }, Cancel);
        Parallel.For(0, Threads, new() { MaxDegreeOfParallelism = Threads }, thread =>
        {
            var counter = _recorder.Counter("acme", $"k{thread % 2}", ApiKind.Agents, "search");
            for (var i = 0; i < Each; i++)
                counter.Decided(Decision(Outcome.Admitted));
        });
        await done.CancelAsync();
        await flushing;

        await _recorder.FlushAsync(Cancel);

        (await StoredAsync()).Sum(row => row.Totals.Admitted).ShouldBe(Threads * Each);
    }

    [Fact]
    public async Task Counting_in_an_open_hour_allocates_nothing()
    {
        var decision = Decision(Outcome.Admitted);
        decision.ShadowRefusals = 0b10;
        _search.Decided(decision);
        await _recorder.FlushAsync(Cancel);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            _search.Decided(decision);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    private static Decision Decision(Outcome outcome, int binding = 0) =>
        new(TwoPolicies, Instant.FromUnixSeconds(0)) { Outcome = outcome, Binding = binding };

    private void Admit(int times)
    {
        for (var i = 0; i < times; i++)
            _search.Decided(Decision(Outcome.Admitted));
    }

    private UsageTotals Remembered() =>
        RememberedRows().Aggregate(UsageTotals.Zero, (sum, row) => sum + row.Totals);

    private IReadOnlyList<UsageRow> RememberedRows() =>
        _recorder.Remembered("acme", _time.GetUtcNow().AddDays(-1), _time.GetUtcNow().AddDays(1));

    private async Task<List<UsageRow>> StoredAsync(string tenant = "acme")
    {
        var now = _time.GetUtcNow();
        return await _table.ReadAsync(tenant, now.AddDays(-1), now.AddDays(1), Cancel).ToListAsync(Cancel);
    }
}

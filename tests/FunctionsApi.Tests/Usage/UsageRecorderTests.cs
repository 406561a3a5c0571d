using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;
using FunctionsApi.Usage;
using Shouldly;
using Xunit;
using Counts = System.Collections.Immutable.ImmutableSortedDictionary<string, long>;

namespace FunctionsApi.Tests.Usage;

/// <summary>When counts are written, to which rows, and how long they are remembered.</summary>
public sealed class UsageRecorderTests : RecordingTests
{
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

    private void Admit(int times)
    {
        for (var i = 0; i < times; i++)
            _search.Decided(Decision(Outcome.Admitted));
    }
}

using FunctionsApi.Storage.Sqlite;
using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Sqlite;

public sealed class GroupCommitTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ManualResetEventSlim _release = new();
    private SqliteTableStore _store = null!;

    private static WriteSize OneRow => new(Rows: 1, Bytes: 0, IsUrgent: false);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _store = await SqliteTableStore.OpenAsync(
        _directory.Database, new SqliteOptions { UrgentTables = ["Ledger"] }, Cancellation);

    public async ValueTask DisposeAsync()
    {
        _release.Set();
        await _store.DisposeAsync();
        _release.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Writes_that_gather_while_another_is_committed_share_one_transaction()
    {
        var held = await HoldWriter();
        var gathered = Enumerable.Range(0, GroupCommit.MaxRows).Select(i => Put($"p{i}", "r")).ToArray();

        _release.Set();

        (await Task.WhenAll(gathered)).ShouldAllBe(eTag => eTag != null);
        await held;
        _store.Writes.Commits.ShouldBe(2);
    }

    [Fact]
    public async Task A_failed_condition_fails_no_other_write_of_its_transaction()
    {
        await Put("there", "r");
        var held = await HoldWriter();
        var before = Put("before", "r");
        var failing = Put("there", "r", PutCondition.IfAbsent);
        var failingBatch = _store.BatchAsync(
            "rows", [Rows.Of("there", "new", 1L), Rows.Of("there", "r", 1L, PutCondition.IfAbsent)], Cancellation);
        var after = Put("after", "r");

        _release.Set();

        (await before).ShouldNotBeNull();
        (await failing).ShouldBeNull();
        (await failingBatch).ShouldBeNull();
        (await after).ShouldNotBeNull();
        await held;
        (await Keys()).ShouldBe(["after/r", "before/r", "there/r"]);
    }

    [Fact]
    public async Task A_write_sees_those_before_it_in_its_transaction()
    {
        await HoldWriter();
        var first = Put("p", "r", PutCondition.IfAbsent);
        var second = Put("p", "r", PutCondition.IfAbsent);

        _release.Set();

        (await first).ShouldNotBeNull();
        (await second).ShouldBeNull();
    }

    [Fact]
    public async Task A_transaction_that_fails_fails_all_of_its_writes_and_applies_none()
    {
        await HoldWriter();
        var before = Put("before", "r");
        var broken = _store.Writes.RunAsync<bool>(_ => throw new InvalidOperationException("broken"), OneRow, Cancellation);
        var after = Put("after", "r");

        _release.Set();

        (await Should.ThrowAsync<TableStoreException>(() => before)).Message.ShouldContain("broken");
        await Should.ThrowAsync<TableStoreException>(() => broken);
        await Should.ThrowAsync<TableStoreException>(() => after);
        (await Keys()).ShouldBeEmpty();
        (await Put("next", "r")).ShouldNotBeNull();
        (await Keys()).ShouldBe(["next/r"]);
    }

    [Fact]
    public async Task Nothing_is_acknowledged_before_it_is_committed()
    {
        await Put("p", "r");
        var held = await HoldWriter();
        var waiting = Put("p", "r2");

        waiting.IsCompleted.ShouldBeFalse();
        (await Keys()).ShouldBe(["p/r"]);

        _release.Set();
        await Task.WhenAll(held, waiting);
        (await Keys()).ShouldBe(["p/r", "p/r2"]);
    }

    [Fact]
    public async Task Reads_do_not_wait_for_the_writer()
    {
        await Put("p", "r");
        var held = await HoldWriter(writer => writer.Put("rows", [EncodedPut.Of(Rows.Of("p", "r", "new"))]));

        (await _store.GetAsync("rows", new("p", "r"), Cancellation))!.Values["v"].ShouldBe("old");

        _release.Set();
        await held;
        (await _store.GetAsync("rows", new("p", "r"), Cancellation))!.Values["v"].ShouldBe("new");
    }

    [Fact]
    public async Task A_cancelled_caller_stops_waiting()
    {
        await HoldWriter();
        using var giveUp = new CancellationTokenSource();
        var waiting = _store.PutAsync("rows", Rows.Of("p", "r", 1L), giveUp.Token);

        await giveUp.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
        _release.Set();
    }

    [Fact]
    public async Task An_urgent_write_is_in_the_next_transaction_whatever_waits()
    {
        var order = new List<(string Table, long Commit)>();
        await HoldWriter();
        Task[] others = [.. Enumerable.Range(0, 5 * GroupCommit.MaxRows).Select(_ => Noted("events", new(1, 0, IsUrgent: false)))];
        var urgent = Noted("ledger", new(1, 0, IsUrgent: true));

        _release.Set();
        await Task.WhenAll([.. others, urgent]);

        order[0].Table.ShouldBe("ledger");
        order.GroupBy(write => write.Commit, write => write.Table).Select(commit => (commit.Key, commit.Count())).ShouldBe(
            [(1, GroupCommit.MaxRows + 1), (2, GroupCommit.MaxRows), (3, GroupCommit.MaxRows), (4, GroupCommit.MaxRows), (5, GroupCommit.MaxRows)]);

        Task Noted(string table, WriteSize size) => _store.Writes.RunAsync(
            _ =>
            {
                order.Add((table, _store.Writes.Commits));
                return true;
            },
            size,
            Cancellation);
    }

    [Fact]
    public async Task A_transaction_takes_a_bounded_number_of_rows_and_bytes_that_are_not_urgent()
    {
        await HoldWriter();
        var manyRows = Enumerable.Range(0, 6).Select(i => Batch("events", $"rows{i}", rows: 70, bytes: 1));
        var manyBytes = Enumerable.Range(0, 4).Select(i => Batch("events", $"bytes{i}", rows: 10, bytes: 40 * 1024));
        Task[] batches = [.. manyRows, .. manyBytes];

        _release.Set();
        await Task.WhenAll(batches);

        // After the one that was held come 140 rows, 140 rows, 140 rows with twice 400 KiB, and twice 400 KiB.
        _store.Writes.Commits.ShouldBe(1 + 4);
    }

    [Fact]
    public async Task The_writes_of_an_urgent_table_are_urgent_whatever_the_case_of_its_name()
    {
        await HoldWriter();
        Task[] events = [.. Enumerable.Range(0, 6).Select(i => Batch("events", $"p{i}", rows: 100, bytes: 1))];
        var put = _store.PutAsync("LEDGER", Rows.Of("p", "r", 1L), Cancellation);
        var delete = _store.DeleteAsync("ledger", new("p", "other"), null, Cancellation);
        var commits = Task.WhenAll(put, delete).ContinueWith(_ => _store.Writes.Commits, TaskScheduler.Default);
        var last = _store.Writes.RunAsync(_ => _store.Writes.Commits, OneRow, Cancellation);

        _release.Set();

        await Task.WhenAll([.. events, put, delete, last]);
        (await last).ShouldBe(4);
        (await commits).ShouldBeInRange(2, 5);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_process_that_writes_without_end_leaves_the_file_to_another_now_and_then()
    {
        await using var other = await SqliteTableStore.OpenAsync(_directory.Database, Cancellation);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var floods = Enumerable.Range(0, 16).Select(i => Task.Run(() => FloodAsync($"p{i}"))).ToArray();

        // Each waits for the lock for as long as a store does, and fails after that.
        for (var i = 0; i < 10; i++)
            await other.PutAsync("ledger", Rows.Of("p", $"{i}", 1L), Cancellation);

        await done.CancelAsync();
        await Task.WhenAll(floods);

        async Task FloodAsync(string partition)
        {
            while (!done.IsCancellationRequested)
                await Batch("events", partition, rows: 100, bytes: 4096);
        }
    }

    private Task<IReadOnlyList<string>?> Batch(string table, string partition, int rows, int bytes) => _store.BatchAsync(
        table, [.. Enumerable.Range(0, rows).Select(i => Rows.Of(partition, $"{i}", new byte[bytes]))], Cancellation);

    /// <summary>Keeps the writer in a transaction until it is released.</summary>
    private async Task<Task> HoldWriter(Action<SqliteWriter>? first = null)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var held = _store.Writes.RunAsync(
            writer =>
            {
                first?.Invoke(writer);
                started.SetResult();
                _release.Wait();
                return true;
            },
            OneRow,
            Cancellation);
        await started.Task;
        return held;
    }

    private Task<string?> Put(string partition, string row, PutCondition condition = default) =>
        _store.PutAsync("rows", Rows.Of(partition, row, "old", condition), Cancellation);

    private async Task<string[]> Keys() =>
        await _store.QueryAsync("rows", new(), Cancellation)
            .Select(row => $"{row.Key.Partition}/{row.Key.Row}").ToArrayAsync(Cancellation);
}

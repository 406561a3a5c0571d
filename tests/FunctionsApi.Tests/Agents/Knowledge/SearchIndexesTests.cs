using System.Runtime.CompilerServices;
using FunctionsApi.Agents;
using FunctionsApi.Agents.Knowledge;
using FunctionsApi.Agents.Knowledge.Search;
using FunctionsApi.Api;
using FunctionsApi.Storage;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents.Knowledge;

public sealed class SearchIndexesTests : IDisposable
{
    private readonly GatedStore _store = new(new InMemoryTableStore());
    private readonly ManualTime _time = new();
    private readonly TenantTurns _turns = new();
    private readonly DocumentTable _documents;

    public SearchIndexesTests() => _documents = new(_store, _turns, new(), _time);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _turns.Dispose();

    [Fact]
    public async Task Indexes_are_bounded_in_bytes_and_the_one_unused_for_longest_goes_first()
    {
        using var indexes = Indexes(maxBytes: 1024 * 1024);
        foreach (var tenant in (string[])["a", "b", "c", "d", "e"])
        {
            await StoreAsync(tenant, "window", string.Join(' ', Enumerable.Range(0, 20_000)));
            _time.Advance(TimeSpan.FromMilliseconds(10));
            (await FindAsync(indexes, tenant)).ShouldBe(["window"]);
        }

        indexes.Count.ShouldBeLessThan(5);
        var read = _store.Queries;
        (await FindAsync(indexes, "e")).ShouldBe(["window"]);
        _store.Queries.ShouldBe(read);
        (await FindAsync(indexes, "a")).ShouldBe(["window"]);
        _store.Queries.ShouldBeGreaterThan(read);
    }

    [Fact]
    public async Task An_index_that_is_larger_than_all_may_be_is_kept_alone()
    {
        using var indexes = Indexes(maxBytes: 1);
        foreach (var tenant in (string[])["a", "b"])
        {
            await StoreAsync(tenant, "window", "A window.");
            (await FindAsync(indexes, tenant)).ShouldBe(["window"]);
            indexes.Count.ShouldBe(1);
        }
    }

    [Fact]
    public async Task An_index_that_nobody_uses_is_dropped()
    {
        using var indexes = Indexes();
        await StoreAsync("a", "window", "A window.");
        await FindAsync(indexes, "a");

        _time.Advance(TimeSpan.FromMinutes(12));

        indexes.Count.ShouldBe(0);
        (await FindAsync(indexes, "a")).ShouldBe(["window"]);
    }

    [Fact]
    public async Task Documents_that_did_not_change_are_not_read_again()
    {
        using var indexes = Indexes();
        for (var i = 0; i < 10; i++)
            await StoreAsync("a", $"page{i}", "A window.");
        await CountAsync(indexes, "a");
        _time.Advance(TenantIndex.CheckEvery);
        var (gets, queries) = (_store.Gets, _store.Queries);

        await CountAsync(indexes, "a");
        (_store.Gets, _store.Queries).ShouldBe((gets + 1, queries));
        await CountAsync(indexes, "a");
        (_store.Gets, _store.Queries).ShouldBe((gets + 1, queries));

        await StoreAsync("a", "page0", "A door.");
        _time.Advance(TenantIndex.CheckEvery);
        (gets, queries) = (_store.Gets, _store.Queries);
        (await CountAsync(indexes, "a")).ShouldBe(9);
        // The version, the row of the one document and its text; and the list.
        (_store.Gets - gets).ShouldBe(3);
        _store.Queries.ShouldBe(queries + 1);
    }

    [Fact]
    public async Task A_search_waits_for_a_new_index_for_so_long_and_the_index_is_finished_all_the_same()
    {
        using var indexes = Indexes();
        await StoreAsync("a", "window", "A window.");
        _store.Close();

        var searched = FindAsync(indexes, "a");
        while (!searched.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        var error = (await Should.ThrowAsync<ApiException>(searched)).Error;
        (error.Status, error.Code, error.RetryAfterSeconds).ShouldBe((503, "index_building", 5));
        _store.Open();
        (await FindAsync(indexes, "a")).ShouldBe(["window"]);
    }

    [Fact]
    public async Task An_index_that_is_being_brought_up_to_date_is_searched_as_it_was()
    {
        using var indexes = Indexes();
        await StoreAsync("a", "window", "A window.");
        await FindAsync(indexes, "a");
        await StoreAsync("a", "another", "A window.");
        _time.Advance(TenantIndex.CheckEvery);
        _store.Close();

        var searched = FindAsync(indexes, "a");
        while (!searched.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        (await searched).ShouldBe(["window"]);
        _store.Open();
        (await UntilAsync(() => FindAsync(indexes, "a"), found => found.Count == 2)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_search_that_the_store_fails_is_told_so_and_the_next_is_answered()
    {
        using var indexes = Indexes();
        await StoreAsync("a", "window", "A window.");
        _store.Fails = true;

        await Should.ThrowAsync<TableStoreException>(FindAsync(indexes, "a"));

        _store.Fails = false;
        (await FindAsync(indexes, "a")).ShouldBe(["window"]);
    }

    [Fact]
    public async Task Where_too_much_waits_for_the_workers_the_next_is_told_to_come_later()
    {
        using var workers = new SearchWorkers();
        using var held = new ManualResetEventSlim();
        var busy = Enumerable.Range(0, Environment.ProcessorCount + SearchWorkers.MaxWaiting).Select(_ => Try(() => held.Wait(Cancel))).ToArray();

        held.Set();
        var refused = (await Task.WhenAll(busy)).OfType<ApiException>().ToArray();
        refused.ShouldNotBeEmpty();
        refused.ShouldAllBe(error => error.Error.Status == 503 && error.Error.RetryAfterSeconds == 1);

        async Task<Exception?> Try(Action work)
        {
            try
            {
                await workers.RunAsync(() => { work(); return 0; }, Cancel);
                return null;
            }
            catch (ApiException exception)
            {
                return exception;
            }
        }
    }

    [Fact]
    public async Task What_nobody_waits_for_any_more_is_not_begun()
    {
        using var workers = new SearchWorkers();
        using var held = new ManualResetEventSlim();
        using var leaving = new CancellationTokenSource();
        var busy = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => workers.RunAsync(() => { held.Wait(Cancel); return 0; }, Cancel)).ToArray();
        var began = false;
        var left = workers.RunAsync(() => began = true, leaving.Token);

        await leaving.CancelAsync();
        held.Set();

        await Should.ThrowAsync<OperationCanceledException>(left);
        began.ShouldBeFalse();
        await Task.WhenAll(busy);
    }

    private SearchIndexes Indexes(long maxBytes = 64 * 1024 * 1024) => new(_documents, _turns, maxBytes, _time);

    private async Task StoreAsync(string tenant, string title, string text) =>
        await _documents.PutAsync(tenant, Document.Of($"https://docs.example/{title}", title, text, _time.GetUtcNow()), Cancel);

    private static async Task<int> CountAsync(SearchIndexes indexes, string tenant) =>
        (await indexes.ReadAsync(tenant, index => index.Find(SearchTerms.Of("window"), 0, 10), Cancel)).Total;

    private async Task<List<string>> FindAsync(SearchIndexes indexes, string tenant)
    {
        var found = await indexes.ReadAsync(tenant, index => index.Find(SearchTerms.Of("window"), 0, 10), Cancel);
        List<string> titles = [];
        foreach (var document in found.Documents)
            titles.Add((await _documents.FindInfoAsync(tenant, document.Id, Cancel))!.Title);
        return titles;
    }

    private static async Task<T> UntilAsync<T>(Func<Task<T>> read, Predicate<T> good)
    {
        while (true)
        {
            var value = await read();
            if (good(value))
                return value;
            Cancel.ThrowIfCancellationRequested();
        }
    }

    /// <summary>A store whose lists wait while its gate is closed.</summary>
    private sealed class GatedStore(ITableStore rows) : ITableStore
    {
        private TaskCompletionSource _gate = Opened();

        public int Gets { get; private set; }

        public int Queries { get; private set; }

        public bool Fails { get; set; }

        public void Close() => _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Open() => _gate.SetResult();

        public Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken)
        {
            Gets++;
            return Fails ? throw new TableStoreException("The store is away.") : rows.GetAsync(table, key, cancellationToken);
        }

        public async IAsyncEnumerable<TableRow> QueryAsync(string table, TableQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            Queries++;
            await _gate.Task.WaitAsync(cancellationToken);
            await foreach (var row in rows.QueryAsync(table, query, cancellationToken))
                yield return row;
        }

        public Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken) => rows.PutAsync(table, put, cancellationToken);

        public Task<IReadOnlyList<string>?> BatchAsync(string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken) =>
            rows.BatchAsync(table, puts, cancellationToken);

        public Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken) =>
            rows.DeleteAsync(table, key, ifMatch, cancellationToken);

        private static TaskCompletionSource Opened()
        {
            var gate = new TaskCompletionSource();
            gate.SetResult();
            return gate;
        }
    }
}

using System.Runtime.CompilerServices;
using System.Threading.Channels;
using FunctionsApi.Agents;
using FunctionsApi.Agents.Analytics;
using FunctionsApi.Agents.Knowledge;
using FunctionsApi.Api;
using FunctionsApi.Storage;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents;

public sealed class TenantTurnsTests : IDisposable
{
    private readonly HeldStore _store = new();
    private readonly TenantTurns _turns = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _turns.Dispose();

    [Fact]
    public async Task However_many_events_a_tenant_sends_its_writes_are_bounded()
    {
        var events = new EventTable(_store, _turns);
        Task[] sent = [events.AddAsync("noisy", Events(1000), Cancel), events.AddAsync("noisy", Events(1000), Cancel)];

        await _store.ReleaseUntilAsync(Task.WhenAll(sent));

        _store.MostAtATime.ShouldBe(TenantTurns.AtATime);
    }

    [Fact]
    public async Task Another_tenants_events_do_not_wait_for_them()
    {
        var events = new EventTable(_store, _turns);
        var noisy = events.AddAsync("noisy", Events(1000), Cancel);
        for (var i = 0; i < TenantTurns.AtATime; i++)
            (await _store.NextAsync()).Partition.ShouldBe("noisy");

        var quiet = events.AddAsync("quiet", Events(1), Cancel);
        var write = await _store.NextAsync();
        write.Partition.ShouldBe("quiet");
        write.Release();
        await quiet;

        noisy.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task However_often_a_tenant_searches_its_reads_are_bounded()
    {
        var documents = new DocumentTable(_store, _turns, new(), TimeProvider.System);
        var scans = Enumerable.Range(0, 20).Select(_ => CountAsync(documents.TextsAsync("noisy", Cancel))).ToArray();

        await _store.ReleaseUntilAsync(Task.WhenAll(scans));

        _store.MostAtATime.ShouldBe(TenantTurns.AtATime);
    }

    [Fact]
    public async Task Where_too_many_wait_the_next_is_told_to_come_later()
    {
        for (var i = 0; i < TenantTurns.AtATime; i++)
            await _turns.TakeAsync("noisy", Cancel);
        for (var i = 0; i < TenantTurns.MaxWaiting; i++)
            _ = _turns.TakeAsync("noisy", Cancel).AsTask();

        var error = (await Should.ThrowAsync<ApiException>(_turns.TakeAsync("noisy", Cancel).AsTask())).Error;

        error.Status.ShouldBe(503);
        error.RetryAfterSeconds.ShouldBe(1);
    }

    [Fact]
    public async Task A_caller_who_leaves_gives_up_waiting()
    {
        for (var i = 0; i < TenantTurns.AtATime; i++)
            await _turns.TakeAsync("noisy", Cancel);
        using var leaving = new CancellationTokenSource();

        var waiting = _turns.TakeAsync("noisy", leaving.Token).AsTask();
        await leaving.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(waiting);
    }

    private static AnalyticsEvent[] Events(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => new AnalyticsEvent("view", default, null, "{}"))];

    private static async Task<int> CountAsync(IAsyncEnumerable<Document> documents)
    {
        var count = 0;
        await foreach (var _ in documents)
            count++;
        return count;
    }

    /// <summary>An empty store that does nothing until the test lets it.</summary>
    private sealed class HeldStore : ITableStore
    {
        private readonly Channel<Held> _begun = Channel.CreateUnbounded<Held>();
        private int _atATime, _mostAtATime;

        /// <summary>How many batches and scans were under way at once.</summary>
        public int MostAtATime => Volatile.Read(ref _mostAtATime);

        /// <summary>Waits for a batch or a scan that has begun.</summary>
        public ValueTask<Held> NextAsync() => _begun.Reader.ReadAsync(Cancel);

        /// <summary>Lets go on what begins, the first once there are as many as may be.</summary>
        public async Task ReleaseUntilAsync(Task done)
        {
            List<Held> first = [];
            while (first.Count < TenantTurns.AtATime)
                first.Add(await NextAsync());
            first.ForEach(held => held.Release());
            _ = done.ContinueWith(_ => _begun.Writer.Complete(), Cancel, TaskContinuationOptions.None, TaskScheduler.Default);
            await foreach (var held in _begun.Reader.ReadAllAsync(Cancel))
                held.Release();
            await done;
        }

        public async Task<IReadOnlyList<string>?> BatchAsync(string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken)
        {
            await HoldAsync(puts[0].Key.Partition);
            return [.. puts.Select(_ => "etag")];
        }

        public async IAsyncEnumerable<TableRow> QueryAsync(string table, TableQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await HoldAsync(query.Partition!);
            yield break;
        }

        public Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken) => throw new NotSupportedException();

        private async Task HoldAsync(string partition)
        {
            var held = new Held(partition);
            lock (_begun)
                _mostAtATime = Math.Max(_mostAtATime, ++_atATime);
            _begun.Writer.TryWrite(held);
            await held.Released;
            lock (_begun)
                _atATime--;
        }
    }

    private sealed class Held(string partition)
    {
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Partition => partition;

        public Task Released => _released.Task;

        public void Release() => _released.SetResult();
    }
}

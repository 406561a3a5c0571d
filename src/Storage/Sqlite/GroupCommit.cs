using System.Threading.Channels;

namespace FunctionsApi.Storage.Sqlite;

/// <summary>
/// One thread that writes. While it waits for the disk, writes gather; it then runs them all in one transaction, so that
/// a sync of the disk, which takes milliseconds, is shared by whatever came meanwhile. Each write judges its own condition;
/// nobody hears of success before all of it is on disk.
/// </summary>
internal sealed class GroupCommit : IAsyncDisposable
{
    /// <summary>Bounds how long a transaction keeps other processes waiting.</summary>
    public const int MaxWrites = 1000;

    private readonly SqliteWriter _writer;
    private readonly Func<Exception, TableStoreException> _explain;
    private readonly Channel<Write> _gathered = Channel.CreateUnbounded<Write>(new() { SingleReader = true });
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _commits;

    public GroupCommit(SqliteWriter writer, Func<Exception, TableStoreException> explain)
    {
        _writer = writer;
        _explain = explain;
        // A thread of its own: SQLite blocks while it writes, and the pool's threads are needed to answer requests.
        new Thread(CommitUntilDisposed) { IsBackground = true, Name = nameof(GroupCommit) }.Start();
    }

    /// <summary>How many transactions have been committed.</summary>
    public long Commits => Volatile.Read(ref _commits);

    /// <summary>Runs a write with others and returns its result once it is on disk.</summary>
    /// <param name="write">Runs on the writing thread, in a transaction. If it throws, the whole transaction fails.</param>
    /// <param name="cancellationToken">Gives up waiting; the write may still happen.</param>
    public Task<T> RunAsync<T>(Func<SqliteWriter, T> write, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var waiting = new Write<T>(write);
        ObjectDisposedException.ThrowIf(!_gathered.Writer.TryWrite(waiting), typeof(SqliteTableStore));
        return waiting.Result.WaitAsync(cancellationToken);
    }

    /// <summary>Finishes the writes that have gathered and takes no more.</summary>
    public async ValueTask DisposeAsync()
    {
        _gathered.Writer.TryComplete();
        await _finished.Task;
    }

    private void CommitUntilDisposed()
    {
        var group = new List<Write>();
        while (_gathered.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (group.Count < MaxWrites && _gathered.Reader.TryRead(out var write))
                group.Add(write);
            Commit(group);
            group.Clear();
        }

        _writer.Dispose();
        _finished.SetResult();
    }

    private void Commit(List<Write> group)
    {
        try
        {
            _writer.Begin();
            group.ForEach(write => write.Run(_writer));
            _writer.Commit();
        }
        catch (Exception e)
        {
            _writer.RollBack();
            group.ForEach(write => write.Fail(_explain(e)));
            return;
        }

        Interlocked.Increment(ref _commits);
        group.ForEach(write => write.Succeed());
    }

    private abstract class Write
    {
        public abstract void Run(SqliteWriter writer);

        public abstract void Succeed();

        public abstract void Fail(Exception reason);
    }

    private sealed class Write<T>(Func<SqliteWriter, T> run) : Write
    {
        private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T _result = default!;

        public Task<T> Result => _completion.Task;

        public override void Run(SqliteWriter writer) => _result = run(writer);

        public override void Succeed() => _completion.SetResult(_result);

        public override void Fail(Exception reason) => _completion.SetException(reason);
    }
}

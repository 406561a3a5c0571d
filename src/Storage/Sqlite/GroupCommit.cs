// While the writer waits for the disk, writes gather; it then runs them in one transaction, so that a sync of the disk, which takes
// milliseconds, is shared by whatever came meanwhile.
//
// Urgent writes go first, and each transaction takes all that wait. Of the others it takes a bounded number of rows and bytes, so
// that an urgent write never waits for more than one bounded commit before its own. Example: 10,000 rows of events wait, and a ledger's
// write comes. It is in the next transaction, with 200 of these rows, and not in the 51st.

using System.Threading.Channels;

namespace FunctionsApi.Storage.Sqlite;

/// <summary>
/// One thread that writes. Each write judges its own condition; nobody hears of success before all of its transaction is on disk.
/// </summary>
internal sealed class GroupCommit : IAsyncDisposable
{
    /// <summary>The most urgent writes of a transaction: it keeps other processes waiting.</summary>
    public const int MaxUrgent = 1000;

    /// <summary>The most rows of other writes in a transaction, but for one write that is larger by itself.</summary>
    public const int MaxRows = 200;

    /// <summary>The most bytes of other writes in a transaction, but for one write that is larger by itself.</summary>
    public const int MaxBytes = 1024 * 1024;

    private readonly SqliteWriter _writer;
    private readonly Func<Exception, TableStoreException> _explain;
    private readonly Channel<Write> _gathered = Channel.CreateUnbounded<Write>(new() { SingleReader = true });
    private readonly Queue<Write> _urgent = new();
    private readonly Queue<Write> _others = new();
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
    /// <param name="size">What it puts into the transaction.</param>
    /// <param name="cancellationToken">Gives up waiting; the write may still happen.</param>
    public Task<T> RunAsync<T>(Func<SqliteWriter, T> write, WriteSize size, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var waiting = new Write<T>(write, size);
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
        while (WaitForWrites())
        {
            Take(group);
            Commit(group);
            group.Clear();
        }

        _writer.Dispose();
        _finished.SetResult();
    }

    /// <returns>False where there are none and will be none.</returns>
    private bool WaitForWrites()
    {
        Sort();
        while (_urgent.Count + _others.Count == 0)
        {
            if (!_gathered.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
                return false;
            Sort();
        }

        return true;
    }

    private void Take(List<Write> group)
    {
        while (group.Count < MaxUrgent && _urgent.TryDequeue(out var urgent))
            group.Add(urgent);
        var (rows, bytes) = (0, 0);
        while (_others.TryPeek(out var next) && (rows == 0 || (rows + next.Size.Rows <= MaxRows && bytes + next.Size.Bytes <= MaxBytes)))
        {
            group.Add(_others.Dequeue());
            (rows, bytes) = (rows + Math.Max(1, next.Size.Rows), bytes + next.Size.Bytes);
        }
    }

    private void Sort()
    {
        while (_gathered.Reader.TryRead(out var write))
            (write.Size.IsUrgent ? _urgent : _others).Enqueue(write);
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

    private abstract class Write(WriteSize size)
    {
        public WriteSize Size => size;

        public abstract void Run(SqliteWriter writer);

        public abstract void Succeed();

        public abstract void Fail(Exception reason);
    }

    private sealed class Write<T>(Func<SqliteWriter, T> run, WriteSize size) : Write(size)
    {
        private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T _result = default!;

        public Task<T> Result => _completion.Task;

        public override void Run(SqliteWriter writer) => _result = run(writer);

        public override void Succeed() => _completion.SetResult(_result);

        public override void Fail(Exception reason) => _completion.SetException(reason);
    }
}

/// <summary>What a write puts into its transaction, and whether it goes before others.</summary>
internal readonly record struct WriteSize(int Rows, int Bytes, bool IsUrgent);

using FunctionsApi.Storage;

namespace FunctionsApi.Tests.Ledgers;

/// <summary>A store in memory that tells what was asked of it, loses answers, and lets others come first.</summary>
internal sealed class UnreliableStore(TimeProvider time) : ITableStore
{
    private readonly InMemoryTableStore _rows = new();
    private int _reading;

    /// <summary>What was asked for, and when.</summary>
    public List<(string Operation, DateTimeOffset At)> Asked { get; } = [];

    public IEnumerable<string> Operations => Asked.Select(asked => asked.Operation);

    /// <summary>So many puts find that somebody else came first.</summary>
    public int Conflicts { get; set; }

    /// <summary>So many puts are done and then fail.</summary>
    public int LostAnswers { get; set; }

    /// <summary>So many puts are done and then never answered.</summary>
    public int HangingAnswers { get; set; }

    /// <summary>What reads fail by.</summary>
    public Exception? Failure { get; set; }

    /// <summary>While it is not null, reads wait for it.</summary>
    public TaskCompletionSource? Gate { get; set; }

    /// <summary>The most reads that ever waited at once.</summary>
    public int MostReading { get; private set; }

    public async Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken)
    {
        Note($"get {key.Partition}");
        if (Failure is { } failure)
            throw failure;
        if (Gate is { } gate)
        {
            MostReading = Math.Max(MostReading, Interlocked.Increment(ref _reading));
            await gate.Task.WaitAsync(cancellationToken);
            Interlocked.Decrement(ref _reading);
        }
        return await _rows.GetAsync(table, key, cancellationToken);
    }

    public async Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken)
    {
        Note($"put {put.Key.Partition}");
        if (Conflicts > 0)
        {
            Conflicts--;
            return null;
        }
        var eTag = await _rows.PutAsync(table, put, cancellationToken);
        if (LostAnswers > 0)
        {
            LostAnswers--;
            throw new TableStoreException("The answer was lost.");
        }
        if (HangingAnswers > 0)
        {
            HangingAnswers--;
            await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
        }
        return eTag;
    }

    public Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken)
    {
        Note($"delete {key.Partition}");
        return _rows.DeleteAsync(table, key, ifMatch, cancellationToken);
    }

    public IAsyncEnumerable<TableRow> QueryAsync(string table, TableQuery query, CancellationToken cancellationToken)
    {
        Note($"query {table}");
        return _rows.QueryAsync(table, query, cancellationToken);
    }

    public Task<IReadOnlyList<string>?> BatchAsync(string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken)
    {
        Note($"batch {table}");
        return _rows.BatchAsync(table, puts, cancellationToken);
    }

    private void Note(string operation)
    {
        lock (Asked)
            Asked.Add((operation, time.GetUtcNow()));
    }
}

using System.Collections.Concurrent;
using FunctionsApi.Storage;

namespace FunctionsApi.Tests.Agents;

/// <summary>What a process sees of a store that outlives it: nothing any more, from a certain write on.</summary>
/// <param name="inner">The store.</param>
/// <param name="lastWrite">The write at which the process is killed, counted from 1; 0 never.</param>
/// <param name="isDone">Whether that write still happens.</param>
internal sealed class MortalStore(ITableStore inner, int lastWrite = 0, bool isDone = false) : ITableStore
{
    private readonly TaskCompletionSource _died = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _writes;

    public Task Died => _died.Task;

    /// <summary>Rows of this table cannot be read or written.</summary>
    public string? Broken { get; init; }

    /// <summary>The tables that were asked for rows.</summary>
    public ConcurrentQueue<string> Queries { get; } = new();

    /// <summary>The rows that were written, as table/row.</summary>
    public ConcurrentQueue<string> Written { get; init; } = new();

    public Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken) =>
        Living(table).GetAsync(table, key, cancellationToken);

    public IAsyncEnumerable<TableRow> QueryAsync(string table, TableQuery query, CancellationToken cancellationToken)
    {
        Queries.Enqueue(table);
        return Living(table).QueryAsync(table, query, cancellationToken);
    }

    public Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken) =>
        WriteAsync(table, put.Key.Row, store => store.PutAsync(table, put, cancellationToken));

    public Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken) =>
        WriteAsync(table, key.Row, store => store.DeleteAsync(table, key, ifMatch, cancellationToken));

    public Task<IReadOnlyList<string>?> BatchAsync(string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken) =>
        WriteAsync(table, "", store => store.BatchAsync(table, puts, cancellationToken));

    /// <summary>Does what counts as a write too, though it is none to this store.</summary>
    public async Task<T> DoAsync<T>(string name, Func<Task<T>> write)
    {
        if (_died.Task.IsCompleted)
            throw new TableStoreException("The store is out of reach.");
        var isLast = Interlocked.Increment(ref _writes) == lastWrite;
        if (isLast && !isDone)
            throw Die();
        var result = await write();
        Written.Enqueue(name);
        return isLast ? throw Die() : result;
    }

    private async Task<T> WriteAsync<T>(string table, string row, Func<ITableStore, Task<T>> write)
    {
        var store = Living(table);
        return await DoAsync($"{table}/{row}", () => write(store));
    }

    private ITableStore Living(string table) =>
        _died.Task.IsCompleted || table == Broken ? throw new TableStoreException("The store is out of reach.") : inner;

    private TableStoreException Die()
    {
        _died.TrySetResult();
        return new("The process was killed.");
    }
}

using System.Runtime.CompilerServices;
using FunctionsApi.Storage;

namespace FunctionsApi.Tests.Functions;

/// <summary>A store that answers nothing until it is let go.</summary>
internal sealed class HeldStore : ITableStore
{
    private readonly InMemoryTableStore _store = new();
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void LetGo() => _held.TrySetResult();

    public async Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken)
    {
        await _held.Task.WaitAsync(cancellationToken);
        return await _store.GetAsync(table, key, cancellationToken);
    }

    public async Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken)
    {
        await _held.Task.WaitAsync(cancellationToken);
        return await _store.PutAsync(table, put, cancellationToken);
    }

    public async Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken)
    {
        await _held.Task.WaitAsync(cancellationToken);
        return await _store.DeleteAsync(table, key, ifMatch, cancellationToken);
    }

    public async IAsyncEnumerable<TableRow> QueryAsync(
        string table, TableQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await _held.Task.WaitAsync(cancellationToken);
        await foreach (var row in _store.QueryAsync(table, query, cancellationToken))
            yield return row;
    }

    public async Task<IReadOnlyList<string>?> BatchAsync(string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken)
    {
        await _held.Task.WaitAsync(cancellationToken);
        return await _store.BatchAsync(table, puts, cancellationToken);
    }
}

using System.Runtime.CompilerServices;

namespace FunctionsApi.Storage;

/// <summary>
/// Tables that live and die with this object: for tests, and the plainest statement of what a store does. Rows are copied
/// on their way in and out, as they would be through a file, so that no caller can reach into the store.
/// </summary>
public sealed class InMemoryTableStore : ITableStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, SortedDictionary<TableKey, TableRow>> _tables = new(StringComparer.OrdinalIgnoreCase);
    private long _lastETag;

    public Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken)
    {
        TableArguments.Check(table, key);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
            return Task.FromResult(Find_NeedsLock(table, key) is { } row ? Copy(row) : null);
    }

    public async Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken) =>
        await BatchAsync(table, [put], cancellationToken) is [var eTag] ? eTag : null;

    public Task<IReadOnlyList<string>?> BatchAsync(
        string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken)
    {
        TableArguments.Check(table, puts);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            string[]? eTags = puts.All(put => put.Condition.HoldsFor(Find_NeedsLock(table, put.Key)?.ETag))
                ? [.. puts.Select(put => Write_NeedsLock(table, put))]
                : null;
            return Task.FromResult<IReadOnlyList<string>?>(eTags);
        }
    }

    public Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken)
    {
        TableArguments.Check(table, key);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            if (Find_NeedsLock(table, key) is not { } row)
                return Task.FromResult(true);
            return Task.FromResult((ifMatch is null || ifMatch == row.ETag) && _tables[table].Remove(key));
        }
    }

    public IAsyncEnumerable<TableRow> QueryAsync(string table, TableQuery query, CancellationToken cancellationToken)
    {
        TableArguments.Check(table, query);
        return Enumerate(table, query, cancellationToken);
    }

    private async IAsyncEnumerable<TableRow> Enumerate(
        string table, TableQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        cancellationToken.ThrowIfCancellationRequested();
        foreach (var row in Snapshot(table, query))
        {
            yield return row;
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private TableRow[] Snapshot(string table, TableQuery query)
    {
        lock (_lock)
        {
            var rows = _tables.GetValueOrDefault(table)?.Values.AsEnumerable() ?? [];
            return [.. rows.Where(row => IsIn(query, row.Key)).Select(Copy)];
        }
    }

    private static bool IsIn(TableQuery query, TableKey key) =>
        (query.Partition is null || query.Partition == key.Partition)
        && (query.FromRow is null || string.CompareOrdinal(key.Row, query.FromRow) >= 0)
        && (query.ToRow is null || string.CompareOrdinal(key.Row, query.ToRow) < 0);

    private TableRow? Find_NeedsLock(string table, TableKey key) => _tables.GetValueOrDefault(table)?.GetValueOrDefault(key);

    private string Write_NeedsLock(string table, TablePut put)
    {
        if (!_tables.TryGetValue(table, out var rows))
            _tables.Add(table, rows = new(ByPartitionThenRow));
        var row = Copy(new(put.Key, put.Values, $"{++_lastETag}"));
        rows[put.Key] = row;
        return row.ETag;
    }

    private static TableRow Copy(TableRow row) => row with { Values = row.Values.ToDictionary(column => column.Key, CopyValue) };

    private static object CopyValue(KeyValuePair<string, object> column) =>
        column.Value is byte[] bytes ? bytes.Clone() : column.Value;

    private static Comparer<TableKey> ByPartitionThenRow { get; } = Comparer<TableKey>.Create((a, b) =>
        string.CompareOrdinal(a.Partition, b.Partition) is not 0 and var order ? order : string.CompareOrdinal(a.Row, b.Row));
}

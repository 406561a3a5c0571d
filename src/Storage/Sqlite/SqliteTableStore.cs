using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;

namespace FunctionsApi.Storage.Sqlite;

/// <summary>
/// Tables in one SQLite file, which several processes may use at once. What it has acknowledged survives the loss of
/// process and power.
/// </summary>
/// <remarks>
/// Writes are gathered and committed together (<see cref="GroupCommit"/>). Reads run on the calling thread: a row is
/// microseconds away in the page cache, and in WAL mode no writer stands in their way.
/// </remarks>
public sealed class SqliteTableStore : ITableStore, IAsyncDisposable
{
    private static readonly TimeSpan DefaultBusyTimeout = TimeSpan.FromSeconds(5);

    private readonly ReaderPool _readers;

    /// <param name="file">The file.</param>
    /// <param name="writing">What <see cref="SqliteFile.ConnectToWrite"/> returned; disposed with the store.</param>
    internal SqliteTableStore(SqliteFile file, SqliteConnection writing)
    {
        Writes = new(new(writing), file.Explain);
        _readers = new(file);
    }

    internal GroupCommit Writes { get; }

    /// <summary>Opens a file; makes it, readable by its owner only, and its directory where they are missing.</summary>
    /// <exception cref="TableStoreException">The path cannot be used; the message says why and what to do.</exception>
    public static Task<SqliteTableStore> OpenAsync(string path, CancellationToken cancellationToken = default) =>
        OpenAsync(path, DefaultBusyTimeout, cancellationToken);

    /// <param name="path">The file.</param>
    /// <param name="busyTimeout">How long to wait for another process to finish its transaction.</param>
    /// <param name="cancellationToken">Gives up before anything is opened.</param>
    internal static Task<SqliteTableStore> OpenAsync(
        string path, TimeSpan busyTimeout, CancellationToken cancellationToken = default) =>
        Task.Run(() => Open(new(path, busyTimeout)), cancellationToken);

    private static SqliteTableStore Open(SqliteFile file) => new(file, file.ConnectToWrite());

    public Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken)
    {
        TableArguments.Check(table, key);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(_readers.Use(reader => reader.Get(table, key)));
    }

    public async Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken) =>
        await BatchAsync(table, [put], cancellationToken) is [var eTag] ? eTag : null;

    public Task<IReadOnlyList<string>?> BatchAsync(
        string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken)
    {
        TableArguments.Check(table, puts);
        EncodedPut[] encoded = [.. puts.Select(EncodedPut.Of)];
        return Writes.RunAsync(writer => writer.Put(table, encoded), cancellationToken);
    }

    public Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken)
    {
        TableArguments.Check(table, key);
        var encoded = EncodedKey.Of(key);
        return Writes.RunAsync(writer => writer.Delete(table, encoded, ifMatch), cancellationToken);
    }

    public IAsyncEnumerable<TableRow> QueryAsync(string table, TableQuery query, CancellationToken cancellationToken)
    {
        TableArguments.Check(table, query);
        return Enumerate(table, query, cancellationToken);
    }

    private async IAsyncEnumerable<TableRow> Enumerate(
        string table, TableQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        for (TableKey? last = null; ;)
        {
            var page = _readers.Use(reader => reader.ReadPage(table, query, after: last));
            foreach (var row in page.Rows)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return row;
            }

            if (page.IsLast)
                yield break;
            last = page.Rows[^1].Key;
            await Task.Yield(); // A long enumeration must not keep its thread from others.
        }
    }

    /// <summary>Finishes the writes that are under way and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        await Writes.DisposeAsync();
        _readers.Dispose();
    }
}

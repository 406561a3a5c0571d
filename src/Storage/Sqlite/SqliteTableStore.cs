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
public sealed class SqliteTableStore : ITableStore, IStoreTime, IAsyncDisposable
{
    private readonly SqliteFile _file;
    private readonly string _identity;
    private readonly SharedTime _time;
    private readonly HashSet<string> _urgentTables;
    private readonly ReaderPool _readers;

    /// <param name="file">The file.</param>
    /// <param name="writing">What <see cref="SqliteFile.ConnectToWrite"/> returned; disposed with the store.</param>
    /// <param name="options">How it is used.</param>
    internal SqliteTableStore(SqliteFile file, SqliteConnection writing, SqliteOptions options)
    {
        _file = file;
        _identity = SqliteFile.ReadIdentity(writing);
        _time = SharedTime.Open(writing, options.Machine, options.Time);
        _urgentTables = new(options.UrgentTables, StringComparer.OrdinalIgnoreCase);
        Writes = new(new(writing, _time, options.BusyTimeout), file.Explain);
        _readers = new(file);
    }

    /// <summary>
    /// The time that all processes on the file have in common, exactly. The first process to open the file after the machine was started took it
    /// from its own clock, which may have been wrong.
    /// </summary>
    public StoreTime Time => _time.Read();

    StoreTime? IStoreTime.Time => Time;

    internal GroupCommit Writes { get; }

    /// <inheritdoc cref="OpenAsync(string, SqliteOptions, CancellationToken)"/>
    public static Task<SqliteTableStore> OpenAsync(string path, CancellationToken cancellationToken = default) =>
        OpenAsync(path, new SqliteOptions(), cancellationToken);

    /// <summary>Opens a file; makes it, readable by its owner only, and its directory where they are missing.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How it is used.</param>
    /// <param name="cancellationToken">Gives up before anything is opened.</param>
    /// <exception cref="TableStoreException">The path cannot be used; the message says why and what to do.</exception>
    public static Task<SqliteTableStore> OpenAsync(string path, SqliteOptions options, CancellationToken cancellationToken = default) =>
        Task.Run(() => Open(new(path, options.BusyTimeout), options), cancellationToken);

    internal static SqliteTableStore Open(SqliteFile file, SqliteOptions options)
    {
        var connection = file.ConnectToWrite();
        try
        {
            return new(file, connection, options);
        }
        catch (Exception e) when (e is SqliteException or InvalidDataException)
        {
            connection.Dispose();
            throw file.Explain(e);
        }
    }

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
        return Writes.RunAsync(writer => writer.Put(table, encoded), Size(table, encoded.Length, encoded.Sum(put => put.Bytes)), cancellationToken);
    }

    public Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken)
    {
        TableArguments.Check(table, key);
        var encoded = EncodedKey.Of(key);
        return Writes.RunAsync(writer => writer.Delete(table, encoded, ifMatch), Size(table, rows: 1, bytes: 0), cancellationToken);
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

    /// <inheritdoc/>
    /// <remarks>The file at the path must still be the one in use, its disk have some space, and a small write succeed.</remarks>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        await Task.Run(() => _file.Check(_identity), cancellationToken);
        await Writes.RunAsync(
            writer =>
            {
                writer.NoteTime();
                return true;
            },
            new(Rows: 1, Bytes: 0, IsUrgent: true),
            cancellationToken);
    }

    private WriteSize Size(string table, int rows, int bytes) => new(rows, bytes, _urgentTables.Contains(table));

    /// <summary>Finishes the writes that are under way and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        await Writes.DisposeAsync();
        _readers.Dispose();
    }
}

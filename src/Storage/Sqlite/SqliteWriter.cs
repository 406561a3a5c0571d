using System.Diagnostics;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace FunctionsApi.Storage.Sqlite;

/// <summary>
/// The connection that writes, with its statements prepared. Everything happens between <see cref="Begin"/> and
/// <see cref="Commit"/>; as nobody else can write meanwhile, a condition that was checked holds until then, and a batch is
/// checked before its first row is written, so that none ever has to be taken back.
/// </summary>
internal sealed class SqliteWriter : IDisposable
{
    private static readonly TimeSpan NotingInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookingInterval = TimeSpan.FromMilliseconds(2);

    private readonly SqliteConnection _connection;
    private readonly Statement _readETag;
    private readonly Statement _put;
    private readonly Statement _delete;
    private readonly Statement _readLastETag;
    private readonly Statement _writeLastETag;
    private readonly Statement _noteTime;
    private readonly SharedTime _time;
    private readonly TimeSpan _busyTimeout;
    private readonly ManualResetEventSlim _never = new();

    // ETags count up through the life of the file, so that none is ever used twice.
    private long _lastETag;
    private long _lastETagInFile;
    private DateTimeOffset _noted;

    /// <param name="connection">Disposed with it.</param>
    /// <param name="time">Noted in the file, about once a second of writing, so that no later anchor begins before it.</param>
    /// <param name="busyTimeout">How long to wait for another process to finish its transaction.</param>
    public SqliteWriter(SqliteConnection connection, SharedTime time, TimeSpan busyTimeout)
    {
        _connection = connection;
        _time = time;
        _busyTimeout = busyTimeout;
        const string thisRow = "table_name = $1 AND partition_key = $2 AND row_key = $3";
        _readETag = new(connection, $"SELECT etag FROM rows WHERE {thisRow}");
        _put = new(connection,
            """
            INSERT OR REPLACE INTO rows (table_name, partition_key, row_key, etag, columns)
            VALUES ($1, $2, $3, $4, $5)
            """);
        _delete = new(connection, $"DELETE FROM rows WHERE {thisRow}");
        _readLastETag = new(connection, "SELECT last FROM etags");
        _writeLastETag = new(connection, "UPDATE etags SET last = $1");
        _noteTime = new(connection, "UPDATE anchor SET seen_utc_ticks = max(seen_utc_ticks, $1)");
    }

    public void Begin()
    {
        Lock();
        _lastETag = _lastETagInFile = _readLastETag.ReadScalar() is long last
            ? last
            : throw new InvalidDataException("The last ETag is missing.");
    }

    public void Commit()
    {
        if (_lastETag != _lastETagInFile)
            _writeLastETag.Execute(_lastETag);
        if (_time.Now - _noted >= NotingInterval)
            NoteTime();
        Execute("COMMIT");
    }

    /// <summary>Writes the least that can be written.</summary>
    public void NoteTime()
    {
        _noted = _time.Now;
        _noteTime.Execute(_noted.UtcTicks);
    }

    /// <summary>Ends a transaction that failed; no error where SQLite has done so already, as on a full disk.</summary>
    public void RollBack() => raw.sqlite3_exec(_connection.Handle, "ROLLBACK");

    public IReadOnlyList<string>? Put(string table, IReadOnlyList<EncodedPut> puts)
    {
        foreach (var put in puts)
        {
            if (!put.Condition.HoldsFor(ReadETag(table, put.Key)))
                return null;
        }

        return [.. puts.Select(put => Put(table, put))];
    }

    public bool Delete(string table, EncodedKey key, string? ifMatch)
    {
        var current = ReadETag(table, key);
        if (current is not null && ifMatch is not null && ifMatch != current)
            return false;
        if (current is not null)
            _delete.Execute(table, key.Partition, key.Row);
        return true;
    }

    // IMMEDIATE: a transaction that reads before it writes would fail where another process wrote in between. SQLite by itself looks
    // for the lock every 100 ms at last, and would miss most of the moments between two transactions of a process that writes much.
    private void Lock()
    {
        raw.sqlite3_busy_timeout(_connection.Handle, 0);
        for (var began = Stopwatch.GetTimestamp(); ; _never.Wait(LookingInterval))
        {
            var result = raw.sqlite3_exec(_connection.Handle, "BEGIN IMMEDIATE");
            if ((result & 0xFF) == raw.SQLITE_BUSY && Stopwatch.GetElapsedTime(began) < _busyTimeout)
                continue;
            SqliteException.ThrowExceptionForRC(result, _connection.Handle);
            return;
        }
    }

    private string Put(string table, EncodedPut put)
    {
        _put.Execute(table, put.Key.Partition, put.Key.Row, ++_lastETag, put.Columns);
        return $"{_lastETag}";
    }

    private string? ReadETag(string table, EncodedKey key) =>
        _readETag.ReadScalar(table, key.Partition, key.Row)?.ToString();

    private void Execute(string sql) =>
        SqliteException.ThrowExceptionForRC(raw.sqlite3_exec(_connection.Handle, sql), _connection.Handle);

    public void Dispose()
    {
        _readETag.Dispose();
        _put.Dispose();
        _delete.Dispose();
        _readLastETag.Dispose();
        _writeLastETag.Dispose();
        _noteTime.Dispose();
        _never.Dispose();
        _connection.Dispose();
    }
}

/// <summary>A <see cref="TableKey"/> as the file holds it.</summary>
internal readonly record struct EncodedKey(byte[] Partition, byte[] Row)
{
    public static EncodedKey Of(TableKey key) => new(KeyBytes.Encode(key.Partition), KeyBytes.Encode(key.Row));
}

/// <summary>A <see cref="TablePut"/> as the file holds it: encoded by its caller, to spare the one writer.</summary>
internal readonly record struct EncodedPut(EncodedKey Key, byte[] Columns, PutCondition Condition)
{
    public int Bytes => Key.Partition.Length + Key.Row.Length + Columns.Length;

    public static EncodedPut Of(TablePut put) => new(EncodedKey.Of(put.Key), ColumnBytes.Encode(put.Values), put.Condition);
}

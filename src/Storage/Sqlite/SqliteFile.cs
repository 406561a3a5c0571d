using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace FunctionsApi.Storage.Sqlite;

/// <summary>The database file: makes it, connects to it, and says in an operator's words what is wrong with it.</summary>
internal sealed class SqliteFile(string path, TimeSpan busyTimeout)
{
    // SQLite's locks belong to the process and end when any handle of the process on the file is closed
    // (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_): no
    // store of this process may open the file before the handle that made it is closed.
    private static readonly Lock MakingFile = new();

    private const string Damaged =
        "is damaged. Stop every program that uses it and restore a backup, or save what can be read with "
        + "`sqlite3 <file> .recover`.";

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>Connects to a file that is ours, of this program's version and in WAL mode, or is made so.</summary>
    public SqliteConnection ConnectToWrite()
    {
        EnsureExists();
        SqliteConnection? connection = null;
        try
        {
            connection = Connect();
            // SQLite opens a file that it may not write for reading, and says so at the first write.
            if (raw.sqlite3_db_readonly(connection.Handle, "main") == 1)
                SqliteException.ThrowExceptionForRC(raw.SQLITE_READONLY, connection.Handle);
            SqliteSchema.Migrate(connection, SqliteSchema.Migrations);
            return connection;
        }
        catch (Exception e)
        {
            connection?.Dispose();
            if (e is SqliteException)
                throw Explain(e);
            throw;
        }
    }

    public SqliteConnection Connect()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = Path,
            // Not ReadWriteCreate: a file that was removed while in use must be noticed, not replaced by an empty one.
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,
            DefaultTimeout = Math.Max(1, (int)busyTimeout.TotalSeconds),
        }.ToString());
        try
        {
            connection.Open();
            raw.sqlite3_busy_timeout(connection.Handle, (int)busyTimeout.TotalMilliseconds);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public TableStoreException Explain(Exception e) => new($"'{Path}' {Describe(e)}", e);

    /// <summary>Makes the file and its directory where missing; it holds secrets, so only its owner can read it.</summary>
    private void EnsureExists()
    {
        if (Directory.Exists(Path))
            throw new TableStoreException($"'{Path}' is a directory. Name a file in it instead.");
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
            lock (MakingFile)
            {
                if (!File.Exists(Path))
                    MakeFile();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another process may have been quicker.
            if (!File.Exists(Path))
                throw new TableStoreException(
                    $"'{Path}' cannot be made. {e.Message} Choose a path that this user can write to.", e);
        }
    }

    private void MakeFile()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        new FileStream(Path, options).Dispose();
    }

    private string Describe(Exception e) => (e as SqliteException)?.SqliteErrorCode switch
    {
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED =>
            $"was locked by another program for more than {busyTimeout.TotalSeconds:0.###} s. Find what keeps writing to it, "
            + "then try again.",
        raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_CANTOPEN =>
            "cannot be opened for writing. Give this user write access to the file and its directory, or choose another "
            + "path.",
        raw.SQLITE_FULL => "could not grow: the disk is full. Free some space; the store then goes on by itself.",
        raw.SQLITE_IOERR => $"could not be read or written ({e.Message}). Check the disk and its free space.",
        raw.SQLITE_NOTADB => "is not an SQLite database. Move it away to start with an empty one, or choose another path.",
        raw.SQLITE_CORRUPT => Damaged,
        null when e is InvalidDataException => Damaged,
        _ => $"failed: {e.Message}",
    };
}

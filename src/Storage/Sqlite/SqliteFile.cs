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

    // What SQLite needs to go on for a while; it writes into space that it has had before, and would notice a full disk late.
    private const long LeastSpace = 1024 * 1024;

    private const int HeaderBytes = 100;

    /// <summary>In bytes, of the disk that a directory is on.</summary>
    internal Func<string, long> FreeSpace { get; init; } = directory => new DriveInfo(directory).AvailableFreeSpace;

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>Connects to a file that is ours, of this program's version and in WAL mode, or is made so.</summary>
    public SqliteConnection ConnectToWrite()
    {
        EnsureExists();
        SqliteConnection? connection = null;
        try
        {
            // SQLite takes what is shorter than its header for an empty file.
            if (new FileInfo(Path).Length is > 0 and < HeaderBytes)
                throw new SqliteException("It has no header.", raw.SQLITE_NOTADB);
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
            if (e is SqliteException or InvalidDataException)
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

    /// <summary>Sees whether the file at the path is still the one that is in use, and its disk has some space.</summary>
    /// <param name="identity">Of the file in use.</param>
    /// <exception cref="TableStoreException">It is not, or the disk is full.</exception>
    public void Check(string identity)
    {
        if (!File.Exists(Path))
            throw Gone();
        try
        {
            using var connection = Connect();
            if (ReadIdentity(connection) != identity)
                throw Gone();
        }
        catch (Exception e) when (e is SqliteException or InvalidDataException)
        {
            throw File.Exists(Path) ? Explain(e) : Gone();
        }

        if (FreeSpace(System.IO.Path.GetDirectoryName(Path)!) < LeastSpace)
            throw Explain(new SqliteException("The disk is full.", raw.SQLITE_FULL));
    }

    /// <summary>What tells the file from every other that was ever made.</summary>
    public static string ReadIdentity(SqliteConnection connection)
    {
        using var read = new Statement(connection, "SELECT id FROM identity");
        return read.ReadScalar() as string ?? throw new InvalidDataException("The file has no identity.");
    }

    private TableStoreException Gone() => new(
        $"'{Path}' was removed or replaced while it was in use, and what is written now is lost when the program ends. Stop the program, put the "
        + "file back if it is to be kept, and start again.");

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

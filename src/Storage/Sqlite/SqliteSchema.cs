using Microsoft.Data.Sqlite;

namespace FunctionsApi.Storage.Sqlite;

/// <summary>
/// What is in the file. Its version (<c>PRAGMA user_version</c>) is the number of migrations that it has been through, so
/// an empty file is one of version 0 and is made by migrating it.
/// </summary>
internal static class SqliteSchema
{
    /// <summary>Says that a file is ours ("FAPI"): https://www.sqlite.org/pragma.html#pragma_application_id</summary>
    private const long ApplicationId = 0x46415049;

    /// <summary>Appended to, never changed: files that have been through them exist.</summary>
    public static IReadOnlyList<string> Migrations { get; } =
    [
        """
        CREATE TABLE rows (
            table_name    TEXT    NOT NULL COLLATE NOCASE,
            partition_key BLOB    NOT NULL,
            row_key       BLOB    NOT NULL,
            etag          INTEGER NOT NULL,
            columns       BLOB    NOT NULL,
            PRIMARY KEY (table_name, partition_key, row_key)
        ) WITHOUT ROWID;
        CREATE TABLE etags (last INTEGER NOT NULL);
        INSERT INTO etags VALUES (0);
        """,
        """
        CREATE TABLE anchor (
            one            INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
            boot           TEXT    NOT NULL,
            uptime_ticks   INTEGER NOT NULL,
            utc_ticks      INTEGER NOT NULL,
            seen_utc_ticks INTEGER NOT NULL
        );
        CREATE TABLE identity (id TEXT NOT NULL);
        INSERT INTO identity VALUES (lower(hex(randomblob(16))));
        """,
    ];

    /// <summary>Brings the file to the version that <paramref name="migrations"/> lead to.</summary>
    /// <exception cref="TableStoreException">It belongs to another program, or to a newer version of this one.</exception>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static void Migrate(SqliteConnection connection, IReadOnlyList<string> migrations)
    {
        if (ReadVersion(connection, migrations) < migrations.Count)
            RunMissing(connection, migrations);
        UseWriteAheadLog(connection);
    }

    // In one transaction: another process that makes the file between two looks would seem to be another program.
    private static int ReadVersion(SqliteConnection connection, IReadOnlyList<string> migrations)
    {
        using var transaction = connection.BeginTransaction(deferred: true);
        return ReadVersion_NeedsTransaction(connection, migrations);
    }

    private static int ReadVersion_NeedsTransaction(SqliteConnection connection, IReadOnlyList<string> migrations)
    {
        CheckOwner(connection);
        var version = (int)Read<long>(connection, "PRAGMA user_version");
        return version <= migrations.Count ? version : throw new TableStoreException(
            $"'{connection.DataSource}' is of version {version}, newer than this program, which knows versions up to "
            + $"{migrations.Count}. Run the newer program, or choose another path.");
    }

    private static void CheckOwner(SqliteConnection connection)
    {
        var owner = Read<long>(connection, "PRAGMA application_id");
        var isEmpty = Read<long>(connection, "SELECT COUNT(*) FROM sqlite_schema") == 0;
        if (owner != ApplicationId && !(owner == 0 && isEmpty))
            throw new TableStoreException(
                $"'{connection.DataSource}' is the database of another program. Choose another path.");
    }

    private static void UseWriteAheadLog(SqliteConnection connection)
    {
        // FULL: in WAL mode, NORMAL loses the last commits with the power, and what was lost could be sold twice.
        Execute(connection, "PRAGMA synchronous = FULL");
        if (Read<string>(connection, "PRAGMA journal_mode = WAL") != "wal")
            throw new TableStoreException(
                $"'{connection.DataSource}' is on a file system that cannot share memory between processes. "
                + "Choose a path on a local disk.");
    }

    private static void RunMissing(SqliteConnection connection, IReadOnlyList<string> migrations)
    {
        using var transaction = connection.BeginTransaction(deferred: false);
        // Read again: another process may have migrated it while we waited for the lock.
        foreach (var migration in migrations.Skip(ReadVersion_NeedsTransaction(connection, migrations)))
            Execute(connection, migration);
        Execute(connection, $"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {migrations.Count}");
        transaction.Commit();
    }

    private static T Read<T>(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() is T value ? value : throw new InvalidDataException($"There is no answer to {sql}.");
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}

using System.Runtime.Versioning;
using FunctionsApi.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Sqlite;

/// <summary>What an operator is told about a file that cannot be used: which one, what is wrong, what to do.</summary>
public sealed class BadFileTests : IDisposable
{
    private static readonly TimeSpan BusyTimeout = TimeSpan.FromMilliseconds(20);

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Database => _directory.Database;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(12)]
    [InlineData(100_000)]
    public async Task A_file_that_is_no_database_is_refused_and_left_alone(int length)
    {
        var text = new string('x', length);
        await File.WriteAllTextAsync(Database, text, Cancellation);

        await OpeningFails("is not an SQLite database. Move it away to start with an empty one, or choose another path.");

        (await File.ReadAllTextAsync(Database, Cancellation)).ShouldBe(text);
    }

    [Fact]
    public async Task An_empty_file_is_an_empty_store()
    {
        await File.WriteAllBytesAsync(Database, [], Cancellation);

        await using var store = await SqliteTableStore.OpenAsync(Database, Cancellation);

        (await store.PutAsync("rows", Rows.Of("p", "r", 1L), Cancellation)).ShouldNotBeNull();
    }

    [Fact]
    public async Task The_database_of_another_program_is_refused_and_left_alone()
    {
        Execute("CREATE TABLE customers (name TEXT)");

        await OpeningFails("is the database of another program. Choose another path.");

        Execute("INSERT INTO customers VALUES ('still there')");
    }

    [Fact]
    public async Task A_file_of_a_newer_version_is_refused()
    {
        await (await SqliteTableStore.OpenAsync(Database, Cancellation)).DisposeAsync();
        Execute("PRAGMA user_version = 7");

        await OpeningFails("is of version 7, newer than this program, which knows versions up to 1. Run the newer program, or choose another path.");
    }

    [Fact]
    public async Task A_file_of_an_older_version_is_migrated_and_keeps_its_rows()
    {
        await using (var store = await SqliteTableStore.OpenAsync(Database, Cancellation))
            await store.PutAsync("rows", Rows.Of("p", "r", 1L), Cancellation);

        using (var connection = new SqliteFile(Database, BusyTimeout).Connect())
            SqliteSchema.Migrate(connection, [.. SqliteSchema.Migrations, "CREATE TABLE made_up (x)"]);

        Query("SELECT COUNT(*) FROM made_up").ShouldBe(0L);
        Query("SELECT COUNT(*) FROM rows").ShouldBe(1L);
        Query("PRAGMA user_version").ShouldBe(2L);
    }

    [Fact]
    public async Task A_migration_that_fails_leaves_the_file_as_it_was()
    {
        await (await SqliteTableStore.OpenAsync(Database, Cancellation)).DisposeAsync();

        using (var connection = new SqliteFile(Database, BusyTimeout).Connect())
            Should.Throw<SqliteException>(() => SqliteSchema.Migrate(connection, [.. SqliteSchema.Migrations, "CREATE TABLE made_up (x)", "nonsense"]));

        Query("PRAGMA user_version").ShouldBe(1L);
        Query("SELECT COUNT(*) FROM sqlite_schema WHERE name = 'made_up'").ShouldBe(0L);
    }

    [Fact]
    public async Task A_directory_is_refused()
    {
        Directory.CreateDirectory(Database);

        await OpeningFails("is a directory. Name a file in it instead.");
    }

    [Fact]
    public async Task A_path_through_a_file_is_refused()
    {
        await File.WriteAllTextAsync(_directory.File("file"), "", Cancellation);
        var path = _directory.File("file/store.db");

        var problem = await Should.ThrowAsync<TableStoreException>(() => SqliteTableStore.OpenAsync(path, Cancellation));

        problem.Message.ShouldStartWith($"'{path}' cannot be made. ");
        problem.Message.ShouldEndWith(" Choose a path that this user can write to.");
    }

    [Fact]
    public async Task A_damaged_file_is_reported_when_the_damage_is_met()
    {
        await using (var store = await SqliteTableStore.OpenAsync(Database, Cancellation))
            await store.PutAsync("rows", Rows.Of("p", "r", 1L), Cancellation);
        var bytes = await File.ReadAllBytesAsync(Database, Cancellation);
        bytes.AsSpan(4096).Fill(0x5A); // All but the page that holds the schema.
        await File.WriteAllBytesAsync(Database, bytes, Cancellation);

        await using var damaged = await SqliteTableStore.OpenAsync(Database, Cancellation);

        const string message = "is damaged. Stop every program that uses it and restore a backup, or save what can be read with `sqlite3 <file> .recover`.";
        await Fails(() => damaged.GetAsync("rows", new("p", "r"), Cancellation), message);
        await Fails(() => damaged.QueryAsync("rows", new(), Cancellation).AnyAsync(Cancellation).AsTask(), message);
        await Fails(() => damaged.PutAsync("rows", Rows.Of("p", "r", 2L), Cancellation), message);
    }

    [Fact]
    public async Task Damaged_columns_are_reported()
    {
        await using var store = await SqliteTableStore.OpenAsync(Database, Cancellation);
        await store.PutAsync("rows", Rows.Of("p", "r", "text"), Cancellation);
        foreach (var columns in (string[])["01", "0176", "017673", "0176730A61", "01767301", "01767A00", "01767474FFFFFFFFFFFF7F", "017678FFFFFFFF7F", "FFFFFFFFFFFF"])
        {
            Execute($"UPDATE rows SET columns = X'{columns}'");
            await Fails(() => store.GetAsync("rows", new("p", "r"), Cancellation), "is damaged. ");
        }
    }

    [Fact]
    public async Task A_file_that_is_locked_too_long_is_reported_and_works_again_afterwards()
    {
        await using var store = await SqliteTableStore.OpenAsync(Database, BusyTimeout, Cancellation);
        using (var other = Connect())
        {
            Execute(other, "BEGIN IMMEDIATE");
            await Fails(
                () => store.PutAsync("rows", Rows.Of("p", "r", 1L), Cancellation),
                "was locked by another program for more than 0.02 s. Find what keeps writing to it, then try again.");
        }

        (await store.PutAsync("rows", Rows.Of("p", "r", 1L), Cancellation)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_full_disk_is_reported_and_the_store_works_again_once_there_is_space()
    {
        var file = new SqliteFile(Database, BusyTimeout);
        var connection = file.ConnectToWrite();
        Execute(connection, "PRAGMA max_page_count = 10");
        await using var store = new SqliteTableStore(file, connection);
        await store.PutAsync("rows", Rows.Of("p", "small", 1L), Cancellation);

        await Fails(
            () => store.BatchAsync("rows", [Rows.Of("p", "a", 1L), Rows.Of("p", "big", new byte[64 * 1024]), Rows.Of("p", "small", 2L)], Cancellation),
            "could not grow: the disk is full. Free some space; the store then goes on by itself.");

        (await store.GetAsync("rows", new("p", "a"), Cancellation)).ShouldBeNull();
        (await store.GetAsync("rows", new("p", "small"), Cancellation))!.Values["v"].ShouldBe(1L);
        (await store.PutAsync("rows", Rows.Of("p", "small", 3L), Cancellation)).ShouldNotBeNull();
        await store.Writes.RunAsync(
            _ =>
            {
                Execute(connection, "PRAGMA max_page_count = 10000");
                return true;
            },
            Cancellation);
        (await store.PutAsync("rows", Rows.Of("p", "big", new byte[64 * 1024]), Cancellation)).ShouldNotBeNull();
    }

    [Fact, UnsupportedOSPlatform("windows")]
    public async Task A_file_or_directory_that_may_not_be_written_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Who may do what is asked of the Linux kernel.");
        await (await SqliteTableStore.OpenAsync(Database, Cancellation)).DisposeAsync();
        var newFile = _directory.File("new.db");

        using (new WriteProtection(_directory.Path, Database))
        {
            Refusal(Database).ShouldBe(
                $"'{Database}' cannot be opened for writing. Give this user write access to the file and its directory, or choose another path.");
            Refusal(newFile).ShouldBe($"'{newFile}' cannot be made. Access to the path '{newFile}' is denied. Choose a path that this user can write to.");
        }

        await (await SqliteTableStore.OpenAsync(Database, Cancellation)).DisposeAsync();

        static string Refusal(string path) => WriteProtection.AsOrdinaryUser(
            () => Should.Throw<TableStoreException>(() => new SqliteFile(path, BusyTimeout).ConnectToWrite()).Message);
    }

    [Fact, UnsupportedOSPlatform("windows")]
    public async Task A_file_in_a_directory_that_may_not_be_written_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Who may do what is asked of the Linux kernel.");
        await (await SqliteTableStore.OpenAsync(Database, Cancellation)).DisposeAsync();

        using (new WriteProtection(_directory.Path))
        {
            WriteProtection.AsOrdinaryUser(
                () => Should.Throw<TableStoreException>(() => new SqliteFile(Database, BusyTimeout).ConnectToWrite()).Message).ShouldBe(
                $"'{Database}' cannot be opened for writing. Give this user write access to the file and its directory, or choose another path.");
        }
    }

    private Task OpeningFails(string message) => Fails(() => SqliteTableStore.OpenAsync(Database, BusyTimeout, Cancellation), message);

    private async Task Fails(Func<Task> call, string message)
    {
        var problem = await Should.ThrowAsync<TableStoreException>(call);
        problem.Message.ShouldStartWith($"'{Database}' {message}");
        problem.Message.ShouldNotContain("   at ");
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection($"Data Source={Database};Pooling=false");
        connection.Open();
        return connection;
    }

    private void Execute(string sql)
    {
        using var connection = Connect();
        Execute(connection, sql);
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private object? Query(string sql)
    {
        using var connection = Connect();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}

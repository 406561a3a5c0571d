using System.Runtime.Versioning;
using FunctionsApi.Storage.Sqlite;
using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Sqlite;

/// <summary>What an operator is told about a file that cannot be used: which one, what is wrong, what to do.</summary>
public sealed class BadFileTests : IDisposable
{
    private const string NotWritable = "cannot be opened for writing. Give this user write access to the file and its "
        + "directory, or choose another path.";

    private static readonly TimeSpan BusyTimeout = TimeSpan.FromMilliseconds(20);

    private static readonly SqliteOptions Impatient = new() { BusyTimeout = BusyTimeout };

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
        bytes.AsSpan(4096, 2 * 4096).Fill(0x5A); // The pages that hold rows and ETags.
        await File.WriteAllBytesAsync(Database, bytes, Cancellation);

        await using var damaged = await SqliteTableStore.OpenAsync(Database, Cancellation);

        const string message = "is damaged. Stop every program that uses it and restore a backup, or save what can be read "
            + "with `sqlite3 <file> .recover`.";
        await Fails(() => damaged.GetAsync("rows", new("p", "r"), Cancellation), message);
        await Fails(() => damaged.QueryAsync("rows", new(), Cancellation).AnyAsync(Cancellation).AsTask(), message);
        await Fails(() => damaged.PutAsync("rows", Rows.Of("p", "r", 2L), Cancellation), message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(99)]
    [InlineData(100)]
    [InlineData(1000)]
    [InlineData(4096)]
    [InlineData(5000)]
    [InlineData(8192)]
    [InlineData(12288)]
    [InlineData(20000)]
    public async Task A_truncated_file_is_reported_and_never_taken_for_a_good_one(int length)
    {
        await using (var store = await SqliteTableStore.OpenAsync(Database, Cancellation))
            for (var i = 0; i < 20; i++)
                await store.PutAsync("rows", Rows.Of("p", $"{i}", new byte[4096]), Cancellation);
        using (var file = File.OpenWrite(Database))
            file.SetLength(length);

        var problem = await Should.ThrowAsync<TableStoreException>(UseAsync);

        problem.Message.ShouldBeOneOf(
            $"'{Database}' is damaged. Stop every program that uses it and restore a backup, or save what can be read with `sqlite3 <file> .recover`.",
            $"'{Database}' is not an SQLite database. Move it away to start with an empty one, or choose another path.");

        async Task UseAsync()
        {
            await using var store = await SqliteTableStore.OpenAsync(Database, Cancellation);
            await store.QueryAsync("rows", new(), Cancellation).CountAsync(Cancellation);
            await store.PutAsync("rows", Rows.Of("p", "new", 1L), Cancellation);
        }
    }

    [Theory]
    [InlineData("DELETE FROM etags")]
    [InlineData("DELETE FROM identity")]
    public async Task A_file_that_lacks_what_every_file_has_is_damaged(string sql)
    {
        await (await SqliteTableStore.OpenAsync(Database, Cancellation)).DisposeAsync();
        RawSql.Execute(Database, sql);

        await Fails(UseAsync, "is damaged. ");

        async Task UseAsync()
        {
            await using var store = await SqliteTableStore.OpenAsync(Database, Cancellation);
            await store.PutAsync("rows", Rows.Of("p", "new", 1L), Cancellation);
        }
    }

    [Theory]
    [InlineData("01", "a name that is cut off")]
    [InlineData("FFFFFFFFFFFF", "a name without end")]
    [InlineData("0176", "no type")]
    [InlineData("01767A00", "an unknown type")]
    [InlineData("0176730A61", "a text that is cut off")]
    [InlineData("01766C01", "a number that is cut off")]
    [InlineData("017674FFFFFFFFFFFFFF7F", "a time out of range")]
    [InlineData("017678FFFFFFFF07", "two gigabytes that are not there")]
    public async Task Damaged_columns_are_reported(string columns, string with)
    {
        await using var store = await SqliteTableStore.OpenAsync(Database, Cancellation);
        await store.PutAsync("rows", Rows.Of("p", "r", "text"), Cancellation);
        RawSql.Execute(Database, $"UPDATE rows SET columns = X'{columns}'");

        await Fails(() => store.GetAsync("rows", new("p", "r"), Cancellation), "is damaged. ", with);
    }

    [Fact]
    public async Task A_file_that_is_locked_too_long_is_reported_and_works_again_afterwards()
    {
        await using var store = await SqliteTableStore.OpenAsync(Database, Impatient, Cancellation);
        using (var other = RawSql.Connect(Database))
        {
            RawSql.Execute(other, "BEGIN IMMEDIATE");
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
        RawSql.Execute(connection, "PRAGMA max_page_count = 10");
        await using var store = new SqliteTableStore(file, connection, Impatient);
        await store.PutAsync("rows", Rows.Of("p", "small", 1L), Cancellation);
        var big = Rows.Of("p", "big", new byte[64 * 1024]);

        await Fails(
            () => store.BatchAsync("rows", [Rows.Of("p", "a", 1L), big, Rows.Of("p", "small", 2L)], Cancellation),
            "could not grow: the disk is full. Free some space; the store then goes on by itself.");

        (await store.GetAsync("rows", new("p", "a"), Cancellation)).ShouldBeNull();
        (await store.GetAsync("rows", new("p", "small"), Cancellation))!.Values["v"].ShouldBe(1L);
        (await store.PutAsync("rows", Rows.Of("p", "small", 3L), Cancellation)).ShouldNotBeNull();
        await store.Writes.RunAsync(
            _ =>
            {
                RawSql.Execute(connection, "PRAGMA max_page_count = 10000");
                return true;
            },
            new(Rows: 0, Bytes: 0, IsUrgent: false),
            Cancellation);
        (await store.PutAsync("rows", big, Cancellation)).ShouldNotBeNull();
    }

    [Fact, UnsupportedOSPlatform("windows")]
    public async Task A_file_that_may_not_be_written_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Who may do what is asked of the Linux kernel.");
        await (await SqliteTableStore.OpenAsync(Database, Cancellation)).DisposeAsync();

        using (new WriteProtection(_directory.Path, Database))
            RefusalOf(Database).ShouldBe($"'{Database}' {NotWritable}");
    }

    [Fact, UnsupportedOSPlatform("windows")]
    public async Task A_file_in_a_directory_that_may_not_be_written_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Who may do what is asked of the Linux kernel.");
        await (await SqliteTableStore.OpenAsync(Database, Cancellation)).DisposeAsync();
        File.SetUnixFileMode(Database, WriteProtection.ReadableByAll | WriteProtection.WritableByAll);

        using (new WriteProtection(_directory.Path))
            RefusalOf(Database).ShouldBe($"'{Database}' {NotWritable}");
    }

    [Fact, UnsupportedOSPlatform("windows")]
    public void A_file_that_may_not_be_made_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Who may do what is asked of the Linux kernel.");

        using (new WriteProtection(_directory.Path))
        {
            RefusalOf(Database).ShouldStartWith($"'{Database}' cannot be made. ");
            RefusalOf(_directory.File("new/store.db")).ShouldEndWith(" Choose a path that this user can write to.");
        }
    }

    [UnsupportedOSPlatform("windows")]
    private static string RefusalOf(string path) => WriteProtection.AsOrdinaryUser(
        () => Should.Throw<TableStoreException>(() => new SqliteFile(path, BusyTimeout).ConnectToWrite()).Message);

    private Task OpeningFails(string message) =>
        Fails(() => SqliteTableStore.OpenAsync(Database, Impatient, Cancellation), message);

    private async Task Fails(Func<Task> call, string message, string? with = null)
    {
        var problem = await Should.ThrowAsync<TableStoreException>(call, with);
        problem.Message.ShouldStartWith($"'{Database}' {message}");
        problem.Message.ShouldNotContain("   at ");
    }
}

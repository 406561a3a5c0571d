using FunctionsApi.Storage.Sqlite;
using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Sqlite;

/// <summary>Whether a store notices that its file cannot be used any more, though it holds it open.</summary>
public sealed class CheckTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private SqliteTableStore _store = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Database => _directory.File("data/store.db");

    public async ValueTask InitializeAsync() => _store = await SqliteTableStore.OpenAsync(Database, Cancellation);

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_file_that_can_be_written_is_well()
    {
        await _store.CheckAsync(Cancellation);
        await _store.CheckAsync(Cancellation);

        (await _store.QueryAsync("Meta", new(), Cancellation).AnyAsync(Cancellation)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_directory_that_was_removed_is_told()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows removes no file that is in use.");
        Directory.Delete(_directory.File("data"), recursive: true);

        await IsGone();
    }

    [Fact]
    public async Task A_file_that_was_replaced_is_told()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows removes no file that is in use.");
        Directory.Delete(_directory.File("data"), recursive: true);
        await using var other = await SqliteTableStore.OpenAsync(Database, Cancellation);

        await other.CheckAsync(Cancellation);
        await IsGone();
    }

    [Fact]
    public async Task A_disk_that_is_full_is_told_until_there_is_space()
    {
        var free = 0L;
        var file = new SqliteFile(Database, TimeSpan.FromSeconds(5)) { FreeSpace = _ => free };
        await using var store = SqliteTableStore.Open(file, new());

        (await Should.ThrowAsync<TableStoreException>(() => store.CheckAsync(Cancellation))).Message
            .ShouldBe($"'{Database}' could not grow: the disk is full. Free some space; the store then goes on by itself.");

        free = 1024 * 1024;
        await store.CheckAsync(Cancellation);
    }

    [Fact]
    public async Task A_file_that_is_locked_is_told()
    {
        await using var store = await SqliteTableStore.OpenAsync(Database, new SqliteOptions { BusyTimeout = TimeSpan.FromMilliseconds(20) }, Cancellation);
        using var other = RawSql.Connect(Database);
        RawSql.Execute(other, "BEGIN IMMEDIATE");

        (await Should.ThrowAsync<TableStoreException>(() => store.CheckAsync(Cancellation))).Message.ShouldContain("was locked by another program");
    }

    [Fact]
    public async Task It_is_asked_through_a_store_that_is_bounded()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows removes no file that is in use.");
        ITableStore bounded = new BoundedTableStore(_store, TimeSpan.FromSeconds(30), TimeProvider.System);
        await bounded.CheckAsync(Cancellation);
        Directory.Delete(_directory.File("data"), recursive: true);

        await Should.ThrowAsync<TableStoreException>(() => bounded.CheckAsync(Cancellation));
    }

    private async Task IsGone() =>
        (await Should.ThrowAsync<TableStoreException>(() => _store.CheckAsync(Cancellation))).Message.ShouldBe(
            $"'{Database}' was removed or replaced while it was in use, and what is written now is lost when the program ends. Stop the program, put the "
            + "file back if it is to be kept, and start again.");
}

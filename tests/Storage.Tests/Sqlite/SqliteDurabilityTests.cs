using System.Runtime.Versioning;
using FunctionsApi.Storage.Sqlite;
using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Sqlite;

/// <summary>What outlives a store, and what two of them on one file make of it.</summary>
public sealed class SqliteDurabilityTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Rows_are_there_when_the_file_is_opened_again()
    {
        string? eTag;
        await using (var store = await Open())
            eTag = await store.PutAsync("rows", Rows.Of("p", "r", "kept"), Cancellation);

        await using var again = await Open();

        var row = (await again.GetAsync("rows", new("p", "r"), Cancellation)).ShouldNotBeNull();
        (row.ETag, row.Values["v"]).ShouldBe((eTag!, "kept"));
    }

    [Fact]
    public async Task An_ETag_is_not_used_again_when_the_file_is_opened_again()
    {
        var eTags = new List<string?>();
        for (var i = 0; i < 3; i++)
        {
            await using var store = await Open();
            eTags.Add(await store.PutAsync("rows", Rows.Of("p", "r", 1L), Cancellation));
            await store.DeleteAsync("rows", new("p", "r"), null, Cancellation);
        }

        eTags.ShouldBeUnique();
    }

    [Fact]
    public async Task Disposing_finishes_the_writes_under_way_and_refuses_later_ones()
    {
        var store = await Open();
        var writes = Enumerable.Range(0, 50).Select(i => store.PutAsync("rows", Rows.Of("p", $"{i}", 1L), Cancellation)).ToArray();

        await store.DisposeAsync();
        await store.DisposeAsync();

        (await Task.WhenAll(writes)).ShouldAllBe(eTag => eTag != null);
        await Should.ThrowAsync<ObjectDisposedException>(() => store.PutAsync("rows", Rows.Of("p", "r", 1L), Cancellation));
        await Should.ThrowAsync<ObjectDisposedException>(() => store.GetAsync("rows", new("p", "r"), Cancellation));
        File.Exists(_directory.Database + "-wal").ShouldBeFalse();
    }

    [Fact]
    public async Task Two_stores_on_one_file_see_and_respect_each_others_writes()
    {
        await using var one = await Open();
        await using var two = await Open();

        var eTag = await one.PutAsync("rows", Rows.Of("p", "r", 1L), Cancellation);

        (await two.GetAsync("rows", new("p", "r"), Cancellation))!.ETag.ShouldBe(eTag);
        (await two.PutAsync("rows", Rows.Of("p", "r", 2L, PutCondition.IfMatch(eTag!)), Cancellation)).ShouldNotBeNull();
        (await one.PutAsync("rows", Rows.Of("p", "r", 3L, PutCondition.IfMatch(eTag!)), Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task Many_may_open_a_new_file_at_once()
    {
        var stores = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Open()));
        var eTags = await Task.WhenAll(stores.Select((store, i) => store.PutAsync("rows", Rows.Of("p", $"{i}", 1L), Cancellation)));

        eTags.ShouldBeUnique();
        (await stores[0].QueryAsync("rows", new(), Cancellation).CountAsync(Cancellation)).ShouldBe(8);
        foreach (var store in stores)
            await store.DisposeAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Two_processes_on_one_file_lose_no_increment_and_share_no_ETag()
    {
        await using var store = await Open();
        using var other = OtherProcess.Start("increment", _directory.Database);
        var mine = new List<string>();

        await OtherProcess.Increment(store, 100, mine.Add);
        var its = (await other.StandardOutput.ReadToEndAsync(Cancellation)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        its.Length.ShouldBe(100);
        mine.Concat(its).ShouldBeUnique();
        (await store.GetAsync("rows", new("p", "r"), Cancellation))!.Values["v"].ShouldBe(200L);
    }

    [Fact(Timeout = 60_000)]
    public async Task Every_write_that_was_acknowledged_survives_SIGKILL()
    {
        using var victim = OtherProcess.Start("write", _directory.Database);
        var acknowledged = new List<string>();
        while (acknowledged.Count < 1000)
            acknowledged.Add((await victim.StandardOutput.ReadLineAsync(Cancellation)).ShouldNotBeNull());

        victim.Kill();

        // The last line may have been cut off.
        acknowledged.AddRange((await victim.StandardOutput.ReadToEndAsync(Cancellation)).Split('\n')[..^1]);
        await using var store = await Open();
        foreach (var line in acknowledged)
        {
            var (partition, row) = line.Split(' ') is [var p, var r] ? (p, r) : throw new InvalidDataException(line);
            (await store.GetAsync("rows", new(partition, row), Cancellation)).ShouldNotBeNull(line);
        }

        (await store.PutAsync("rows", Rows.Of("p", "r", 1L), Cancellation)).ShouldNotBeNull();
    }

    [Fact, UnsupportedOSPlatform("windows")]
    public async Task Its_files_are_readable_by_their_owner_only()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has access control lists instead.");
        await using var store = await SqliteTableStore.OpenAsync(_directory.File("made/on/the/way.db"), Cancellation);
        await store.PutAsync("rows", Rows.Of("p", "r", 1L), Cancellation);

        var files = Directory.GetFiles(_directory.File("made/on/the"));

        files.Length.ShouldBeGreaterThan(1);
        files.ShouldAllBe(file => File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    private Task<SqliteTableStore> Open() => SqliteTableStore.OpenAsync(_directory.Database, Cancellation);
}

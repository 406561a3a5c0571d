using FunctionsApi.Storage.Sqlite;
using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Sqlite;

public sealed class SqliteQueryTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_slow_enumeration_does_not_keep_the_write_ahead_log_from_being_emptied()
    {
        await using var store = await SqliteTableStore.OpenAsync(_directory.Database, Cancellation);
        foreach (var batch in Enumerable.Range(0, 1000).Chunk(100))
            await store.BatchAsync("rows", [.. batch.Select(i => Rows.Of("p", $"{i:0000}", 1L))], Cancellation);
        await using var rows = store.QueryAsync("rows", new(), Cancellation).GetAsyncEnumerator(Cancellation);
        await rows.MoveNextAsync();

        await store.PutAsync("rows", Rows.Of("q", "r", 1L), Cancellation);

        RawSql.Read(_directory.Database, "PRAGMA wal_checkpoint(TRUNCATE)").ShouldBe(0L, "it is not busy");
        var rest = 0;
        while (await rows.MoveNextAsync())
            rest++;
        rest.ShouldBe(1000);
    }

    [Fact]
    public async Task Rows_of_a_megabyte_are_not_read_hundreds_at_a_time()
    {
        await using var store = await SqliteTableStore.OpenAsync(_directory.Database, Cancellation);
        var values = Enumerable.Range(0, 15).ToDictionary(i => $"c{i}", _ => (object)new byte[64 * 1024]);
        for (var i = 0; i < 5; i++)
            await store.PutAsync("rows", new(new("p", $"{i}"), values, PutCondition.None), Cancellation);
        using var reader = new SqliteReader(new SqliteFile(_directory.Database, TimeSpan.Zero).Connect());

        reader.ReadPage("rows", new() { Partition = "p" }, after: null).Rows.Count.ShouldBe(2);
        (await store.QueryAsync("rows", new(), Cancellation).CountAsync(Cancellation)).ShouldBe(5);
    }
}

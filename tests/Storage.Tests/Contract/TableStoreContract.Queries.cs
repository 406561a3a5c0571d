using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Contract;

public abstract partial class TableStoreContract
{
    [Fact]
    public async Task A_table_that_was_never_written_to_has_no_rows()
    {
        (await Query(new())).ShouldBeEmpty();
        (await Query(new() { Partition = "p" })).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_query_returns_whole_rows_in_order_of_partition_then_row()
    {
        await MustPut("b", "1", "b1");
        await MustPut("a", "2", "a2");
        var eTag = await MustPut("a", "1", "a1");
        await MustPut("ab", "0", "ab0");

        var rows = await Query(new());

        rows.Select(row => row.Values["v"]).ShouldBe(["a1", "a2", "ab0", "b1"]);
        (rows[0].Key, rows[0].ETag).ShouldBe((new("a", "1"), eTag));
    }

    [Theory]
    [InlineData(null, null, "a b c d")]
    [InlineData("b", null, "b c d")]
    [InlineData(null, "c", "a b")]
    [InlineData("b", "d", "b c")]
    [InlineData("aa", "cc", "b c")]
    [InlineData("b", "b", "")]
    [InlineData("d", "a", "")]
    [InlineData("", "", "")]
    [InlineData("e", null, "")]
    public async Task A_query_starts_at_the_first_row_key_and_ends_before_the_last(string? from, string? to, string expected)
    {
        foreach (var partition in (string[])["o", "p", "q"])
            await Batch([.. "abcd".Select(row => Row(partition, $"{row}", $"{row}"))]);

        var ofOne = await Query(new() { Partition = "p", FromRow = from, ToRow = to });
        var ofAll = await Query(new() { FromRow = from, ToRow = to });

        string.Join(' ', ofOne.Select(row => row.Key.Row)).ShouldBe(expected);
        ofOne.ShouldAllBe(row => row.Key.Partition == "p");
        ofAll.Select(row => row.Key).ShouldBe(
            from partition in (string[])["o", "p", "q"]
            from row in expected.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            select new TableKey(partition, row));
    }

    [Fact]
    public async Task A_query_of_thousands_of_rows_returns_each_once_and_in_order()
    {
        var keys = Enumerable.Range(0, 2300).Select(i => new TableKey(i < 1100 ? "p" : "q", $"{i:0000}")).ToArray();
        foreach (var batch in keys.GroupBy(key => key.Partition).SelectMany(partition => partition.Chunk(100)))
            await Batch([.. batch.Select(key => Row(key.Partition, key.Row, 1L))]);

        (await Query(new())).Select(row => row.Key).ShouldBe(keys);
        (await Query(new() { Partition = "q" })).Select(row => row.Key).ShouldBe(keys[1100..]);
        (await Query(new() { Partition = "q", FromRow = "1150", ToRow = "2250" })).Select(row => row.Key).ShouldBe(keys[1150..2250]);
    }

    [Fact]
    public async Task An_enumeration_may_be_left_early()
    {
        await Batch([.. Enumerable.Range(0, 100).Select(i => Row("p", $"{i:00}", 1L))]);

        var first = await Store.QueryAsync(Table, new() { Partition = "p" }, Cancellation).FirstAsync(Cancellation);

        first.Key.Row.ShouldBe("00");
        (await Put("p", "00", 2L, PutCondition.IfMatch(first.ETag))).ShouldNotBeNull();
    }

    [Fact]
    public async Task Rows_may_be_written_and_deleted_while_they_are_enumerated()
    {
        await Batch([.. Enumerable.Range(0, 100).Select(i => Row("p", $"{i:00}", 1L))]);

        await foreach (var row in Store.QueryAsync(Table, new() { Partition = "p" }, Cancellation))
            await Delete("p", row.Key.Row, row.ETag);

        (await Query(new() { Partition = "p" })).ShouldBeEmpty();
    }
}

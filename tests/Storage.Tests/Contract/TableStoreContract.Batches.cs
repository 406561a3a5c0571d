using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Contract;

public abstract partial class TableStoreContract
{
    [Fact]
    public async Task A_batch_writes_all_of_its_rows()
    {
        TablePut[] puts = [.. Enumerable.Range(0, 100).Select(i => Row("p", $"{i:000}", (long)i))];

        var eTags = (await Batch(puts)).ShouldNotBeNull();

        var rows = await Query(new() { Partition = "p" });
        rows.Select(row => row.Values["v"]).ShouldBe(puts.Select(put => put.Values["v"]));
        rows.Select(row => row.ETag).ShouldBe(eTags);
    }

    [Fact]
    public async Task A_batch_of_nothing_writes_nothing() => (await Batch()).ShouldBeEmpty();

    [Fact]
    public async Task A_batch_judges_each_rows_condition()
    {
        var eTag = await MustPut("p", "matched", 1L);
        await MustPut("p", "any", 1L);

        var eTags = await Batch(
            Row("p", "matched", 2L, PutCondition.IfMatch(eTag)), Row("p", "any", 2L), Row("p", "absent", 2L, PutCondition.IfAbsent));

        eTags.ShouldNotBeNull();
        (await Query(new() { Partition = "p" })).Select(row => row.Values["v"]).ShouldBe([2L, 2L, 2L]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_batch_with_one_failed_condition_writes_nothing(int failing)
    {
        var stale = await MustPut("p", "there", 1L);
        var current = await MustPut("p", "there", 2L);
        var puts = new List<TablePut> { Row("p", "a", 3L), Row("p", "b", 3L, PutCondition.IfAbsent) };
        puts.Insert(failing, Row("p", "there", 3L, PutCondition.IfMatch(stale)));

        (await Batch(puts)).ShouldBeNull();

        var row = (await Query(new() { Partition = "p" })).ShouldHaveSingleItem();
        (row.Key.Row, row.ETag, row.Values["v"]).ShouldBe(("there", current, 2L));
    }
}

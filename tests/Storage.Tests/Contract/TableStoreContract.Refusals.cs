using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Contract;

public abstract partial class TableStoreContract
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("ab")]
    [InlineData("1abc")]
    [InlineData("a-bc")]
    [InlineData("täble")]
    [InlineData("a234567890123456789012345678901234567890123456789012345678901234")]
    public async Task A_table_is_3_to_63_letters_and_digits(string? table)
    {
        await Refused(() => Store.GetAsync(table!, new("p", "r"), Cancellation));
        await Refused(() => Store.PutAsync(table!, Row("p", "r", 1L), Cancellation));
        await Refused(() => Store.DeleteAsync(table!, new("p", "r"), null, Cancellation));
        await Refused(() => Store.BatchAsync(table!, [], Cancellation));
        await Refused(async () => await Store.QueryAsync(table!, new(), Cancellation).AnyAsync(Cancellation));
    }

    public static TheoryData<int> BadKeys => [0, 1, 2, 3, 4];

    // Not inline data: half a surrogate pair does not survive the test runner's own encoding.
    private static readonly string?[] BadKeyTexts = [null, new('k', 513), new('/', 257), "a\ud800", "\udc00\ud800"];

    [Theory]
    [MemberData(nameof(BadKeys))]
    public async Task A_key_is_well_formed_text_of_at_most_512_characters(int index)
    {
        var key = BadKeyTexts[index];
        foreach (var at in (TableKey[])[new(key!, "r"), new("p", key!)])
        {
            await Refused(() => Store.GetAsync(Table, at, Cancellation));
            await Refused(() => Put(at.Partition, at.Row, 1L));
            await Refused(() => Delete(at.Partition, at.Row));
            await Refused(() => Batch(Row(at.Partition, at.Row, 1L)));
        }

        if (key is null)
            return;
        await Refused(() => Query(new() { Partition = key }));
        await Refused(() => Query(new() { FromRow = key }));
        await Refused(() => Query(new() { ToRow = key }));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1a")]
    [InlineData("a-b")]
    [InlineData("a b")]
    [InlineData("é")]
    [InlineData("PartitionKey")]
    [InlineData("RowKey")]
    [InlineData("Timestamp")]
    public Task A_column_is_named_by_letters_digits_and_underscores(string name) => RefusedColumns(new() { [name] = 1L });

    [Fact]
    public async Task A_value_is_of_a_type_and_size_that_every_store_holds()
    {
        object?[] bad =
        [
            null, 1, 1u, 1f, 1m, 'c', Guid.Empty, DateTime.UnixEpoch, new object(),
            new string('x', (32 * 1024) + 1), new byte[(64 * 1024) + 1], "half a pair: \ud83d",
            double.NaN, double.PositiveInfinity, new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.FromHours(1)), DateTimeOffset.MinValue,
        ];
        foreach (var value in bad)
            await RefusedColumns(new() { ["v"] = value! });
    }

    [Fact]
    public async Task A_row_has_at_most_252_columns_and_a_megabyte()
    {
        await RefusedColumns(Enumerable.Range(0, 253).ToDictionary(i => $"c{i}", _ => (object)1L));
        await RefusedColumns(Enumerable.Range(0, 16).ToDictionary(i => $"c{i}", _ => (object)new byte[64 * 1024]));
        await RefusedColumns(new() { [new('n', 256)] = 1L });
    }

    [Fact]
    public async Task A_batch_is_100_different_rows_of_one_partition_and_a_megabyte()
    {
        await Refused(() => Batch([.. Enumerable.Range(0, 101).Select(i => Row("p", $"{i}", 1L))]));
        await Refused(() => Batch(Row("p", "r", 1L), Row("q", "r", 1L)));
        await Refused(() => Batch(Row("p", "r", 1L), Row("p", "r", 2L)));
        await Refused(() => Batch([.. Enumerable.Range(0, 16).Select(i => Row("p", $"{i}", new byte[64 * 1024]))]));
        (await Query(new())).ShouldBeEmpty();
    }

    private async Task RefusedColumns(Dictionary<string, object> values)
    {
        await Refused(() => Store.PutAsync(Table, new(new("p", "r"), values, PutCondition.None), Cancellation));
        (await Get("p", "r")).ShouldBeNull();
    }

    private static Task<ArgumentException> Refused(Func<Task> call) => Should.ThrowAsync<ArgumentException>(call);
}

using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Contract;

public abstract partial class TableStoreContract
{
    private static readonly object[] OddValues =
    [
        "", " ", "\0", "a\0b", "\r\n", "😀", "\ufffd", "\uffff", "true", "1", "2024-01-01T00:00:00Z", new string('x', 32 * 1024),
        0L, 1L, -1L, long.MinValue, long.MaxValue, (1L << 53) + 1,
        0.0, 1.0, 0.1, double.MinValue, double.MaxValue, double.Epsilon,
        true, false,
        DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue, new DateTimeOffset(1601, 1, 1, 0, 0, 0, TimeSpan.Zero),
        new DateTimeOffset(2024, 2, 29, 23, 59, 59, TimeSpan.Zero).AddTicks(9_999_999),
        new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero).AddTicks(1),
        Array.Empty<byte>(), new byte[] { 0 }, Enumerable.Range(0, 64 * 1024).Select(i => (byte)i).ToArray(),
    ];

    [Fact]
    public async Task A_value_of_any_type_comes_back_exactly()
    {
        object[] odd = KeepsTheSignOfZero ? [.. OddValues, -0.0] : OddValues;
        var values = odd.Select((value, i) => KeyValuePair.Create($"c{i}", value)).ToDictionary();
        await Store.PutAsync(Table, new(new("p", "r"), values, PutCondition.None), Cancellation);

        ShouldBeExactly((await Get("p", "r"))!.Values, values);
        ShouldBeExactly((await Query(new() { Partition = "p" }))[0].Values, values);
    }

    [Fact]
    public async Task A_row_may_have_252_columns()
    {
        var values = Enumerable.Range(0, 252).ToDictionary(i => $"Column_{i}", i => (object)(long)i);
        await Store.PutAsync(Table, new(new("p", "r"), values, PutCondition.None), Cancellation);

        (await Get("p", "r"))!.Values.ShouldBe(values, ignoreOrder: true);
    }

    [Fact]
    public async Task Column_names_that_differ_in_case_are_different()
    {
        var values = new Dictionary<string, object> { ["name"] = 1L, ["Name"] = 2L, ["_"] = 3L, [new('n', 255)] = 4L };
        await Store.PutAsync(Table, new(new("p", "r"), values, PutCondition.None), Cancellation);

        (await Get("p", "r"))!.Values.ShouldBe(values, ignoreOrder: true);
    }

    [Fact]
    public async Task A_row_may_have_a_megabyte()
    {
        var values = Enumerable.Range(0, 15).ToDictionary(i => $"c{i}", _ => (object)new string('x', 32 * 1024));
        await Store.PutAsync(Table, new(new("p", "r"), values, PutCondition.None), Cancellation);

        (await Get("p", "r"))!.Values.Count.ShouldBe(15);
    }

    [Theory]
    [InlineData('x')]
    [InlineData('<')]
    [InlineData('日')]
    public async Task A_batch_may_have_a_megabyte_whatever_its_text(char c)
    {
        var text = new string(c, 32 * 1024 - 200);
        (await Batch([.. Enumerable.Range(0, 16).Select(i => Row("p", $"{i}", text))])).ShouldNotBeNull();

        (await Query(new() { Partition = "p" })).ShouldAllBe(row => (string)row.Values["v"] == text);
    }

    [Fact]
    public async Task Nobody_can_reach_into_the_store()
    {
        var bytes = new byte[] { 1 };
        var values = new Dictionary<string, object> { ["v"] = bytes };
        await Store.PutAsync(Table, new(new("p", "r"), values, PutCondition.None), Cancellation);

        bytes[0] = 2;
        values["v"] = "changed";
        ((byte[])(await Read("p", "r"))!)[0].ShouldBe((byte)1);
        ((byte[])(await Read("p", "r"))!)[0] = 3;
        ((byte[])(await Query(new()))[0].Values["v"])[0] = 4;

        ((byte[])(await Read("p", "r"))!)[0].ShouldBe((byte)1);
    }

    private static void ShouldBeExactly(IReadOnlyDictionary<string, object> actual, IReadOnlyDictionary<string, object> expected)
    {
        actual.Keys.ShouldBe(expected.Keys, ignoreOrder: true);
        foreach (var (name, value) in expected)
        {
            actual[name].ShouldBeOfType(value.GetType());
            Exactly(actual[name]).ShouldBe(Exactly(value), $"{value}");
        }
    }

    // Equality would take -0.0 for 0.0 and one offset for another.
    private static object Exactly(object value) => value switch
    {
        double number => BitConverter.DoubleToInt64Bits(number),
        DateTimeOffset time => (time.Ticks, time.Offset),
        _ => value,
    };
}

using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Contract;

public abstract partial class TableStoreContract
{
    private static readonly string[] OddKeys =
    [
        "", " ", "  ", "a", "A", "b", "a b", "a/b", "a\\b", "a#b", "a?b", "a%b", "a%2Fb", "a+b", "a&b=c",
        "'", "''", "\"", "a'b", "$", "~",
        "\0", "\0\0", "a\0", "a\0b", "\t", "\r\n", "\u001f", "\u007f", "\u0085", "é", "e\u0301", "ß", "ss", "İ",
        "i", "日本", "\ufffd", "\uffff", "😀", "😀😀", "\u2028", "_", "__", "a_", "user:u1", "../..", "null",
    ];

    [Fact]
    public async Task A_key_is_any_text_and_is_found_again()
    {
        foreach (var key in OddKeys)
        {
            (await Put(key, "r", $"p {key}", PutCondition.IfAbsent)).ShouldNotBeNull($"partition {Escape(key)}");
            (await Put("rows", key, $"r {key}", PutCondition.IfAbsent)).ShouldNotBeNull($"row {Escape(key)}");
        }

        foreach (var key in OddKeys)
        {
            (await Read(key, "r")).ShouldBe($"p {key}");
            (await Read("rows", key)).ShouldBe($"r {key}");
            (await Query(new() { Partition = key })).ShouldHaveSingleItem().Key.Partition.ShouldBe(key);
        }
    }

    [Fact]
    public async Task Keys_are_in_ordinal_order_whatever_is_in_them()
    {
        var ordered = OddKeys.Order(StringComparer.Ordinal).ToArray();
        await Batch([.. OddKeys.Select(key => Row("p", key, 1L))]);

        (await Query(new() { Partition = "p" })).Select(row => row.Key.Row).ShouldBe(ordered);
        for (var i = 0; i < ordered.Length; i += 5)
        {
            (await Query(new() { Partition = "p", FromRow = ordered[i] })).Select(row => row.Key.Row).ShouldBe(ordered[i..]);
            (await Query(new() { Partition = "p", ToRow = ordered[i] })).Select(row => row.Key.Row).ShouldBe(ordered[..i]);
        }
    }

    [Fact]
    public async Task Partitions_are_in_ordinal_order_whatever_is_in_them()
    {
        foreach (var key in OddKeys)
            await MustPut(key, "r", 1L);

        (await Query(new())).Select(row => row.Key.Partition).ShouldBe(OddKeys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData('a', 512)]
    [InlineData('é', 512)]
    [InlineData('日', 512)]
    [InlineData('/', 256)]
    [InlineData('\uffff', 256)]
    public async Task A_key_may_have_512_characters_and_of_those_to_be_escaped_256(char c, int length)
    {
        var key = new string(c, length);
        await MustPut(key, key, 1L);

        (await Read(key, key)).ShouldBe(1L);
        (await Query(new() { Partition = key, FromRow = key })).ShouldHaveSingleItem().Key.ShouldBe(new(key, key));
    }

    private static string Escape(string key) => string.Concat(key.Select(c => $"\\u{(int)c:x4}"));
}

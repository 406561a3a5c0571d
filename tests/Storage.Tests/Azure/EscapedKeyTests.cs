using FsCheck;
using FsCheck.Fluent;
using FunctionsApi.Storage.Azure;
using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Azure;

public sealed class EscapedKeyTests
{
    private const string Forbidden = "/\\#?%+'";

    private static readonly Gen<string> Keys =
        from characters in Gen.OneOf(
            Gen.Choose(0, 0xA5), Gen.Elements<int>(['/', '.', '_', '!', '~', 0xD7A2, 0xD7A3, 0xFFFF]), Gen.Choose(0, 0xD7FF), Gen.Choose(0xE000, 0xFFFF))
            .Select(c => (char)c).ListOf()
        from pairs in Gen.Elements("", "😀", "\ud800\udc00", "\udbff\udfff")
        from after in Gen.Elements("", "a", ".")
        select string.Concat(characters) + pairs + after;

    [Theory]
    [InlineData("", "")]
    [InlineData("key:a99d8107bd0b6f85", "key:a99d8107bd0b6f85")]
    [InlineData("user:acme/alice", "user:acme._alice")]
    [InlineData("2026-02-27T09|agents|search", "2026-02-27T09|agents|search")]
    [InlineData("example.com", "example..com")]
    [InlineData("a b", "a!Wb")]
    [InlineData("\0", "!0")]
    [InlineData("100%", "100$_")]
    [InlineData("日本", "日本")]
    [InlineData("\uffff", "\ud7a3\u765c")]
    public void A_key_is_stored_as(string key, string stored)
    {
        EscapedKey.Escape(key).ShouldBe(stored);
        EscapedKey.Unescape(stored).ShouldBe(key);
        EscapedKey.Length(key).ShouldBe(stored.Length);
    }

    [Fact]
    public void Every_key_comes_back() =>
        Check(key => EscapedKey.Unescape(EscapedKey.Escape(key)) == key && EscapedKey.Length(key) == EscapedKey.Escape(key).Length);

    [Fact]
    public void No_key_is_stored_with_what_the_service_forbids() =>
        Check(key => EscapedKey.Escape(key).All(c => !Forbidden.Contains(c) && !char.IsControl(c) && !char.IsSurrogate(c)));

    [Fact]
    public void Keys_keep_their_order() => Prop
        .ForAll(Keys.ToArbitrary(), Keys.ToArbitrary(), (a, b) =>
            Math.Sign(string.CompareOrdinal(EscapedKey.Escape(a), EscapedKey.Escape(b))) == Math.Sign(string.CompareOrdinal(a, b)))
        .Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));

    [Fact]
    public void Every_two_characters_keep_their_order()
    {
        var stored = Enumerable.Range(0, 0x10000).Select(c => EscapedKey.Escape($"{(char)c}")).ToArray();

        foreach (var (lesser, greater) in stored.Zip(stored.Skip(1)))
            string.CompareOrdinal(lesser, greater).ShouldBeLessThan(0);
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("a.")]
    [InlineData(".a")]
    [InlineData("!z")]
    [InlineData("_~Z")]
    [InlineData("\ud7a3a")]
    public void What_no_key_is_stored_as_is_not_read(string stored) =>
        Should.Throw<InvalidDataException>(() => EscapedKey.Unescape(stored)).Message.ShouldContain(stored);

    private static void Check(Func<string, bool> holds) =>
        Prop.ForAll(Keys.ToArbitrary(), holds).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
}

using FsCheck;
using FsCheck.Fluent;

namespace FunctionsApi.Tests.Infer;

/// <summary>JSON in every spelling that the grammar allows, for tests that nothing respells it.</summary>
internal static class JsonTexts
{
    public static Gen<string> Spaces { get; } = Gen.Elements("", "", " ", "\n", "\t", "\r\n  ");

    public static Gen<string> Objects { get; } = Gen.Sized(size => Object(Math.Min(size / 10, 5)));

    private static readonly Gen<string> Numbers =
        Gen.Elements("0", "-0", "1.0", "1.50", "1e5", "1E+05", "-2.5e-10", "123456789012345678901234567890", "1e999", "0.1");

    private static readonly Gen<string> Strings = Gen.Elements(
        "", "a", " ", "\\n", "\\u0041", "\\u00E9", "é", "\\ud83d\\ude00", "😀", "\\/", "/", "\\\"", "\\\\", "<b>", "\\ud800", "\u2028", "\u007f")
        .ListOf().Select(pieces => $"\"{string.Concat(pieces)}\"");

    private static Gen<string> Value(int depth) => depth == 0
        ? Gen.OneOf(Numbers, Strings, Gen.Elements("true", "false", "null", "{}", "[]"))
        : Gen.OneOf(Value(0), Object(depth), Array(depth));

    private static Gen<string> Object(int depth) =>
        List(from name in Strings from space in Spaces from value in Value(Math.Max(0, depth - 1)) select $"{name}{space}:{space}{value}")
            .Select(members => $"{{{members}}}");

    private static Gen<string> Array(int depth) => List(Value(depth - 1)).Select(items => $"[{items}]");

    private static Gen<string> List(Gen<string> item) =>
        from items in item.ListOf()
        from space in Spaces
        select string.Join($"{space},{space}", items.Take(6));
}

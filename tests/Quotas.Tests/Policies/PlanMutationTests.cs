using System.Text;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using FunctionsApi.Quotas.Policies;
using Shouldly;
using Xunit;

namespace FunctionsApi.Quotas.Tests.Policies;

/// <summary>Any change to a good file is answered by a catalog or errors, and never by an exception.</summary>
public sealed partial class PlanMutationTests
{
    private static readonly string[] Tokens = [.. Token().Matches(GoodPlans.Json).Select(match => match.Value)];

    private static readonly string[] Values =
        ["null", "true", "0", "-1", "1.5", "1e9", "99999999999", "{}", "[]", "[[]]", "\"\"", "\"60s\"", "\"7h\"", "\"2000000000d\"",
            "\"events\"", "\"per-tenant\"", "\"\\ud800\"", "\"concurrency\"", "\"burst\"", "\"per-hour\"", "\"enterprise\""];

    private static readonly string[] Scraps = ["", "\"", "{", "}", "[", "]", ",", ":", "\\", "é", "\0", "//", "\ufeff", "1"];

    [Fact]
    public void No_change_of_its_values_and_names_is_answered_with_an_exception() => ForAnyChanges(changes =>
    {
        var tokens = Tokens.ToArray();
        foreach (var (at, with) in changes)
            tokens[at % tokens.Length] = Values[with % Values.Length];
        return IsAnswered(Encoding.UTF8.GetBytes(string.Concat(tokens)));
    });

    [Fact]
    public void No_change_of_its_text_is_answered_with_an_exception() => ForAnyChanges(changes =>
    {
        var text = new StringBuilder(GoodPlans.Json);
        foreach (var (at, with) in changes)
            text.Remove(at % (text.Length - 1), 1).Insert(at % (text.Length - 1), Scraps[with % Scraps.Length]);
        return IsAnswered(Encoding.UTF8.GetBytes(text.ToString()));
    });

    [Fact]
    public void No_bytes_at_all_are_answered_with_an_exception() =>
        Prop.ForAll<byte[]>(IsAnswered).QuickCheckThrowOnFailure();

    [Fact]
    public void No_file_that_ends_early_is_good()
    {
        var good = Encoding.UTF8.GetBytes(GoodPlans.Json);
        for (var length = 0; length < good.Length; length++)
            PlanCatalog.Parse(good.AsSpan(0, length)).Errors.ShouldHaveSingleItem();
    }

    private static void ForAnyChanges(Func<(int At, int With)[], bool> holds)
    {
        var change = Gen.Choose(0, 1_000_000).SelectMany(at => Gen.Choose(0, 1_000), (at, with) => (at, with));
        var changes = Gen.Choose(1, 4).SelectMany(count => change.ArrayOf(count));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1_000), Prop.ForAll(changes.ToArbitrary(), holds));
    }

    private static bool IsAnswered(byte[] file)
    {
        var result = PlanCatalog.Parse(file);
        return result.IsValid == result.Errors.IsEmpty
            && result.Errors.All(error => error is { Line: > 0, Column: > 0, Problem.Length: > 0, Remedy.Length: > 0 });
    }

    [GeneratedRegex("""
        "[^"]*"|\d+|true|[][{},:]
        """)]
    private static partial Regex Token();
}

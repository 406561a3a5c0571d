using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FunctionsApi.Quotas.Policies;
using Shouldly;
using Xunit;

namespace FunctionsApi.Quotas.Tests.Policies;

public sealed class PlanMutationTests
{
    private static readonly byte[] Good = Encoding.UTF8.GetBytes(GoodPlans.Json);

    /// <summary>Pieces that mean something in a plan file, so that a change gets past the JSON and into the rules.</summary>
    private static readonly string[] Pieces =
        ["\"", "{", "}", "[", "]", ",", ":", "null", "true", "-1", "1e9", "99999999999", "\"60s\"", "\"\\ud800\"", "\"name\":", "é", "\0"];

    [Fact]
    public void No_change_to_a_good_file_is_answered_with_an_exception()
    {
        var changes = ArbMap.Default.GeneratorFor<(int, int, int)>().ListOf().Where(list => list.Count is > 0 and < 6);

        Prop.ForAll(changes.ToArbitrary(), list => IsAnswered([.. list.Aggregate(Good.AsEnumerable(), Change)])).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void No_bytes_at_all_are_answered_with_an_exception() =>
        Prop.ForAll<byte[]>(IsAnswered).QuickCheckThrowOnFailure();

    [Fact]
    public void No_file_that_ends_early_is_good()
    {
        for (var length = 0; length < Good.Length; length++)
            PlanCatalog.Parse(Good.AsSpan(0, length)).Errors.ShouldHaveSingleItem();
    }

    private static bool IsAnswered(byte[] file)
    {
        var result = PlanCatalog.Parse(file);
        return result.IsValid == result.Errors.IsEmpty
            && result.Errors.All(error => error is { Line: > 0, Column: > 0, Problem.Length: > 0, Remedy.Length: > 0 });
    }

    private static IEnumerable<byte> Change(IEnumerable<byte> file, (int At, int Remove, int Insert) change)
    {
        var bytes = file.ToArray();
        var at = (int)((uint)change.At * 7919L % bytes.Length);
        var piece = Pieces[(uint)change.Insert % Pieces.Length];
        return [.. bytes.Take(at), .. Encoding.UTF8.GetBytes(piece), .. bytes.Skip(at + (int)((uint)change.Remove % 4))];
    }
}

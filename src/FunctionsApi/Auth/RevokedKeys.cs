using System.Collections.Immutable;
using FunctionsApi.Storage;

namespace FunctionsApi.Auth;

/// <summary>The keys that were revoked last, as one row holds them.</summary>
/// <param name="Count">How many revocations there have ever been.</param>
/// <param name="Latest">The ids of the last of them, at most 500, oldest first.</param>
internal sealed record RevokedKeys(long Count, ImmutableArray<string> Latest)
{
    private const int MaxLatest = 500;

    public static RevokedKeys None { get; } = new(0, []);

    public RevokedKeys With(string id) =>
        new(Count + 1, [.. Latest.Skip(Latest.Length - MaxLatest + 1), id]);

    public static RevokedKeys From(TableRow row) => new(
        row.Values.GetValueOrDefault("Count") as long? ?? 0,
        [.. ((row.Values.GetValueOrDefault("Latest") as string) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

    public IReadOnlyDictionary<string, object> ToValues() =>
        new Dictionary<string, object> { ["Count"] = Count, ["Latest"] = string.Join(' ', Latest) };
}

using FunctionsApi.Storage;

namespace FunctionsApi.Tenants;

/// <summary>The plan file as it is in the store.</summary>
/// <param name="Json">Its text.</param>
/// <param name="ETag">The row's version.</param>
internal sealed record StoredPlans(string Json, string ETag);

/// <summary>
/// The plan file in the store: one row, so that a change is seen whole or not at all, reading it is its own check for news, and a
/// deployment can write it as it is (infra/modules/put-plans.sh). Its text is in the column <c>Json</c>, and where it is longer than
/// a column holds, goes on in <c>Json2</c>, <c>Json3</c> and so on.
/// </summary>
internal sealed class PlanTable(ITableStore store)
{
    private const string Table = "Plans";

    // A column holds 64 KiB of UTF-16. Nothing in a plan file is beyond ASCII, so that no character is cut in two.
    private const int MaxPiece = 32_000;

    private static readonly TableKey Key = new("plans", "current");

    /// <returns>Null where none was ever written.</returns>
    public async Task<StoredPlans?> ReadAsync(CancellationToken cancellationToken) =>
        await store.GetAsync(Table, Key, cancellationToken) is { } row
            ? new(string.Concat(Pieces(row.Values)), row.ETag)
            : null;

    /// <param name="json">A plan file without error.</param>
    /// <param name="cancellationToken">Gives up waiting; it may still be written.</param>
    public Task WriteAsync(string json, CancellationToken cancellationToken) => store.PutAsync(
        Table,
        new(Key, json.Chunk(MaxPiece).Index().ToDictionary(piece => Column(piece.Index), piece => (object)new string(piece.Item)), PutCondition.None),
        cancellationToken);

    private static IEnumerable<string> Pieces(IReadOnlyDictionary<string, object> columns)
    {
        for (var index = 0; columns.GetValueOrDefault(Column(index)) is string piece; index++)
            yield return piece;
    }

    private static string Column(int index) => index == 0 ? "Json" : $"Json{index + 1}";
}
